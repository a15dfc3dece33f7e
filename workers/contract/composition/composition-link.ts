import { describeIssue } from "../text/describe-issue.ts";
import { escapeLine } from "../text/hidden-characters.ts";
import { Composition, COMPOSITION_VERSION } from "./composition.ts";

/** Longest link, in characters of its fragment: mail programs and chats cut longer ones. */
export const MAX_LINK_CHARS = 16_000;
/** What a link can unpack to, so that a small one does not fill the memory. 40 servers with long values need less. */
const MAX_UNPACKED_BYTES = 128 * 1024;
/** Members of every object in JavaScript. No composition has them as a key. */
const FORBIDDEN_KEYS = new Set(["__proto__", "constructor", "prototype"]);

/** A composition, or why a text is none, as a sentence. */
export type ReadComposition =
  | { composition: Composition; problem: null }
  | { composition: null; problem: string };

/** A composition as the text of a link's fragment: the version, a dot, and its JSON as raw DEFLATE in base64url. */
export async function encodeComposition(composition: Composition): Promise<string> {
  const text = new Blob([JSON.stringify(composition)]).stream();
  const packed = await new Response(
    text.pipeThrough(new CompressionStream("deflate-raw")),
  ).arrayBuffer();
  const binary = Array.from(new Uint8Array(packed), (byte) => String.fromCharCode(byte)).join("");
  const base64 = btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  return `${COMPOSITION_VERSION}.${base64}`;
}

/** Reads the text of a link's fragment, which a stranger can have written. */
export async function decodeComposition(text: string): Promise<ReadComposition> {
  if (text.length > MAX_LINK_CHARS)
    return fail(
      `The link is longer than ${MAX_LINK_CHARS} characters, which no link of this page is.`,
    );
  const [, version = "", base64 = ""] = /^(\d{1,4})\.([\w-]+)$/.exec(text) ?? [];
  if (version === "") return fail("The link is damaged or cut: ask for it again.");
  if (version !== String(COMPOSITION_VERSION))
    return fail(
      `The link has the form ${version}; this release reads the form ${COMPOSITION_VERSION}. It was made by another release, or by hand.`,
    );
  const unpacked = await unpack(base64);
  return typeof unpacked === "string" ? parseComposition(unpacked) : fail(unpacked.problem);
}

/** Reads a composition in JSON. */
function parseComposition(json: string): ReadComposition {
  const forbidden: string[] = [];
  let value: unknown;
  try {
    value = JSON.parse(json, (key, member: unknown) => {
      if (FORBIDDEN_KEYS.has(key)) forbidden.push(key);
      return member;
    });
  } catch {
    // Also for what is nested so deeply that the reviver cannot reach it.
    return fail("The link does not hold a list of servers: it is damaged, or was made by hand.");
  }
  const [member] = forbidden;
  if (member !== undefined)
    return fail(
      `The link has a member named ${member}, which no link of this page has. It was made by hand.`,
    );
  const parsed = Composition.safeParse(value);
  if (parsed.success) return { composition: parsed.data, problem: null };
  const [issue] = parsed.error.issues;
  const why = issue ? escapeLine(describeIssue(issue)).slice(0, 300) : "";
  return fail(`The link was edited, or made by hand. ${why}`.trim());
}

async function unpack(base64: string): Promise<string | { problem: string }> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  try {
    const binary = atob(base64.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const reader = stream.getReader();
    for (;;) {
      // One part after the other, so that it ends at the limit.
      // oxlint-disable-next-line no-await-in-loop
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > MAX_UNPACKED_BYTES) {
        void reader.cancel().catch(() => undefined);
        return {
          problem: `The link unpacks to more than ${MAX_UNPACKED_BYTES / 1024} KB, which no link of this page does.`,
        };
      }
      parts.push(Uint8Array.from(value));
    }
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(
      await new Blob(parts).arrayBuffer(),
    );
  } catch {
    // What is not base64, DEFLATE or UTF-8 is the sender's failure.
    return { problem: "The link is damaged or cut: ask for it again." };
  }
}

function fail(problem: string): ReadComposition {
  return { composition: null, problem };
}
