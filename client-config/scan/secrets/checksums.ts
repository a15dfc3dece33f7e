const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKSUM_LENGTH = 6;

function toCrc32(text: string): number {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i++)
    crc = (TABLE[(crc ^ text.charCodeAt(i)) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** The last six characters of the tokens of GitHub and npm: the CRC32 of the random part in base 62. */
export function toTokenChecksum(random: string): string {
  let rest = toCrc32(random);
  let text = "";
  for (; rest > 0; rest = Math.floor(rest / 62)) text = (BASE62[rest % 62] ?? "") + text;
  return text.padStart(CHECKSUM_LENGTH, "0");
}

/** Whether a token such as `ghp_…` ends with the checksum of its random part. */
export function hasTokenChecksum(token: string): boolean {
  const random = token.slice(token.lastIndexOf("_") + 1);
  return toTokenChecksum(random.slice(0, -CHECKSUM_LENGTH)) === random.slice(-CHECKSUM_LENGTH);
}
