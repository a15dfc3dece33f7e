const ID_BYTES = 12;

/** The prefixes of ids; each names the kind of record that the id belongs to. */
export type IdPrefix =
  | "ws"
  | "srv"
  | "mem"
  | "tem"
  | "tok"
  | "tmp"
  | "ins"
  | "evt"
  | "usr"
  | "ses"
  | "lnk"
  | "key"
  | "blk"
  | "viw"
  | "req"
  | "rep"
  | "flw"
  | "trr"
  | "con"
  | "shr"
  | "iss"
  | "jag"
  | "acr"
  | "alc"
  | "alt"
  | "sct";

/** A new id: the prefix and 96 random bits, `srv_…`. Ids cannot be guessed. */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${crypto.getRandomValues(new Uint8Array(ID_BYTES)).toHex()}`;
}
