import { openDocument } from "../documents/document.ts";
import { isMap } from "../documents/node.ts";
import { FORMATS } from "../formats/format.ts";
import { MAX_TEXT_LENGTH } from "../limits.ts";
import { guessLanguage } from "../recognize.ts";
import { findValue } from "../values.ts";

const SCHEMA = String.raw`https://static\.modelcontextprotocol\.io/schemas/[^/"\s]{1,40}/server\.schema\.json#?`;
const IS_SCHEMA = new RegExp(`^${SCHEMA}$`);
const HAS_SCHEMA = new RegExp(String.raw`"\$schema"\s*:\s*"${SCHEMA}"`);

/**
 * Whether a text is a `server.json`, by its content: the registry’s schema, or a name, a version and packages or remotes
 * without the servers of any client. `fileName` decides where the content says neither.
 */
export function isServerDocument(text: string, fileName?: string): boolean {
  const isNamed = /(?:^|[\\/])server\.json$/.test(fileName ?? "");
  // What begins like YAML or TOML is not parsed as JSON.
  if (text.length > MAX_TEXT_LENGTH || guessLanguage(text) !== "json") return isNamed;
  const { document } = openDocument(text, "json");
  // A text with an error of syntax is one by what it says of itself.
  if (!document.root) return isNamed || HAS_SCHEMA.test(text);
  const { value } = document;
  if (!isMap(value)) return isNamed;
  const find = (name: string) => findValue(value, [name]);
  const schema = find("$schema");
  if (typeof schema === "string" && IS_SCHEMA.test(schema)) return true;
  const roots = Object.values(FORMATS).flatMap((format) => format.roots);
  if (roots.some((root) => findValue(value, root) !== undefined)) return false;
  const isWhole =
    typeof find("name") === "string" &&
    typeof find("version") === "string" &&
    [find("packages"), find("remotes")].some(Array.isArray);
  return isWhole || isNamed;
}
