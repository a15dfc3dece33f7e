/** An address that a definition mentions. */
interface Address {
  /** Host in lower case with its port; of other URIs, the scheme with its colon, such as `file:`. */
  host: string;
  /** As it is written. */
  text: string;
}

/** Longest text that is searched. */
const MAX_TEXT = 100_000;
/** Most addresses of one text. */
const MAX_ADDRESSES = 200;
/** With the name of a variable or an address of IPv6 in brackets in place of the host. */
const URI =
  /\b([a-z][a-z0-9+.-]{1,20}):\/\/((?:[^\s"'`<>()[\]{}\\|^@/]{0,100}@)?(?:\[[0-9a-f:.]{2,45}\]|\{[^{}\s]{0,60}\}(?=[/:?#]|$))?[^\s"'`<>()[\]{}\\|^]{0,300})/giu;
/** An address without its scheme, as in pages. */
const NO_SCHEME = /(?<![\w:/.])\/\/((?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24})(?=\/)/giu;
/** Ways to write addresses so that programs do not find them, while readers and models do. */
const WRITINGS: [writing: RegExp, meant: string][] = [
  [/\bhxxp(?=s?:)/gi, "http"],
  [/\s?(?:\[\s?(?:\.|dot)\s?\]|\(\s?(?:\.|dot)\s?\))\s?/gi, "."],
  [/\[:\/\/\]|\[:\]\/\//g, "://"],
];
/** Schemes without a host that run or carry something. */
const OTHER = /\b(javascript|data|vbscript|blob|mailto):(?=[^\s/])([^\s"'`<>]{0,200})/gi;
const MAIL = /[\w.+-]{1,64}@((?:[\w-]{1,63}\.){1,5}[a-z]{2,24})\b/giu;
/** Names of hosts without a scheme. Other endings are those of files and programs too. */
const BARE =
  /(?<![\w@./-])((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,5}(?:com|net|org|io|dev|app|ai|co|xyz|top|site|online|info|biz|cloud|ru|cn|me|tk))(?![\w-]|\.\w)/giu;
const IP = /(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?)(?![\w.])/g;
/** What a schema says of its own dialect. */
const DIALECTS = new Set(["json-schema.org", "www.w3.org", "schema.org"]);

/** The hosts and other URIs that a text mentions. */
export function listAddresses(text: string): Address[] {
  const searched = WRITINGS.reduce(
    (plain, [writing, meant]) => plain.replaceAll(writing, meant),
    text.slice(0, MAX_TEXT),
  );
  const found: Address[] = [];
  for (const [whole, scheme = "", rest = ""] of searched.matchAll(URI))
    found.push({ host: toHost(scheme.toLowerCase(), rest), text: whole });
  for (const [whole, scheme = ""] of searched.matchAll(OTHER))
    found.push({ host: `${scheme.toLowerCase()}:`, text: whole });
  for (const pattern of [NO_SCHEME, MAIL, BARE, IP])
    for (const [whole, host = ""] of searched.matchAll(pattern))
      // With a capital, it is the name of a product or company, such as Customer.io.
      if (pattern !== BARE || !/^[A-Z]/.test(whole))
        found.push({ host: host.toLowerCase(), text: whole });
  return found.filter(({ host }) => !DIALECTS.has(host)).slice(0, MAX_ADDRESSES);
}

/** Where a URI leads. Of schemes that a server makes up, such as `ui://`, the scheme with what follows. */
function toHost(scheme: string, rest: string): string {
  if (!/^(?:https?|wss?|ftps?|sse|grpc|ssh|git)$/.test(scheme)) return `${scheme}:`;
  const authority = rest.split(/[/?#]/)[0] ?? "";
  // The part in front of the sign is a user name, with which a reader can be deceived.
  const host = authority.slice(authority.lastIndexOf("@") + 1).toLowerCase();
  // Signs of the sentence can follow, those of other scripts, too.
  const [name = ""] =
    /^(?:[\p{L}\p{M}\p{N}._-]|:(?=\d)|%[0-9a-f]{2}|[[\]{}:+])*/iu.exec(host) ?? [];
  return name.replace(/[.,;:!*_]+$/, "").replace(/:(?:80|443)$/, "");
}

/** Whether a mentioned address is this machine, a variable, or one of the names that everybody uses in examples (RFC 2606). */
export function isHarmless(host: string): boolean {
  return (
    host === "" ||
    host.startsWith("{") ||
    /^(?:localhost|127(?:\.\d+){3}|0\.0\.0\.0|\[::1\])(?::\d+)?$/.test(host) ||
    /^(?:(?!xn--)[a-z0-9-]{1,63}\.)?example\.(?:com|net|org)$/.test(host)
  );
}

/** Whether a host has letters beyond ASCII, as they are or in Punycode: it can look like another one. */
export function isDisguised(host: string): boolean {
  return /[^ -~]|(?:^|\.)xn--/.test(host);
}

/** Whether both are of one owner, as far as names say: the last two parts are the same, or three below a common suffix. */
export function isOfOneOwner(host: string, other: string): boolean {
  return toOwner(host) === toOwner(other);
}

/** Endings below which every person can have a name. */
const SHARED =
  /(?:^|\.)(?:(?:co|com|org|net|gov|ac)\.[a-z]{2}|(?:github|gitlab)\.io|vercel\.app|netlify\.app|pages\.dev|workers\.dev|herokuapp\.com|ngrok\.(?:io|app)|ngrok-free\.app|amazonaws\.com|azurewebsites\.net|web\.app|appspot\.com|trycloudflare\.com|onrender\.com|fly\.dev|run\.app)(?::\d+)?$/;

function toOwner(host: string): string {
  if (/^[\d.:]+$/.test(host) || host.endsWith(":")) return host;
  if (SHARED.test(host)) return host;
  return host.split(".").slice(-2).join(".");
}
