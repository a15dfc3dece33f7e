import { listHidden } from "../../../../workers/contract/text/hidden-characters.ts";

/** A person to invite. `problem`: why this is none. */
export interface Address {
  name: string;
  email: string | null;
  /** What was written. */
  text: string;
  problem: string | null;
}

/** Separators are commas, semicolons and line breaks, except within quotation marks. */
const ENTRY = /(?:"[^"\n]*"|[^,;\n"])+/g;
const NAMED = /^(.*?)\s*<([^<>]*)>$/s;
/** Enough to find a mistake in a list; the API checks the address. */
const EMAIL = /^[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+$/;
const MAX_NAME_LENGTH = 120;

/** Parses a list of addresses: `Ada Lovelace <ada@x.org>, b@x.org; c@x.org`. `known`: addresses of members, lowercase. */
export function parseAddresses(list: string, known: ReadonlySet<string>): Address[] {
  const seen = new Set<string>();
  return (list.match(ENTRY) ?? []).flatMap((entry) => {
    const text = entry.trim();
    if (text === "") return [];
    const address = parseAddress(text);
    const key = address.email?.toLowerCase();
    if (key === undefined || address.problem !== null) return address;
    const problem = known.has(key)
      ? "is a member already"
      : seen.has(key)
        ? "is in the list twice"
        : null;
    seen.add(key);
    return { ...address, problem };
  });
}

function parseAddress(text: string): Address {
  const [, written = "", bracketed] = NAMED.exec(text) ?? [];
  const email = (bracketed ?? text).trim();
  const name = written.replaceAll('"', "").trim() || (email.split("@")[0] ?? "");
  const hidden = listHidden(text);
  if (hidden.length > 0) {
    const problem = `has hidden characters: ${hidden.join(", ")}`;
    return { name, email: null, text, problem };
  }
  if (!EMAIL.test(email)) return { name, email: null, text, problem: "has no e-mail address" };
  const problem = name.length > MAX_NAME_LENGTH ? "has a name of more than 120 characters" : null;
  return { name, email, text, problem };
}
