import { hasHidden, stripHidden } from "../../workers/contract/text/hidden-characters.ts";
import { toRemoval, type Problem } from "./check-schema.ts";
import { checkExactVersion } from "./check-version.ts";
import { listObjects, toObject, toQuote, toText, type JsonObject } from "./json-value.ts";

/** Bytes of what a publisher adds for others. */
const MAX_META_BYTES = 4_096;
const PROVIDED = "io.modelcontextprotocol.registry/publisher-provided";
const TEXTS = ["name", "title", "description", "version", "websiteUrl"];
/** Texts of templates and of tutorials. */
const TEMPLATE =
  /^\W*(?:(?:a|an|the|my|your)\s+)*(?:short\s+|brief\s+)?(?:description\s+(?:of|for)\b.*|(?:simple\s+|sample\s+|example\s+|model context protocol\s+|mcp\s+)*(?:mcp\s+)?server)\W*$|\b(?:todo|lorem ipsum|your description here)\b/i;
const SEMANTIC = /^\d+\.\d+\.\d+(?:-[\w.-]+)?(?:\+[\w.-]+)?$/;

/** The rules of the texts that describe the server. */
export function checkTexts(document: JsonObject): Problem[] {
  return [
    ...TEXTS.flatMap((member) => checkHidden(document, member)),
    ...checkDescription(document),
    ...checkServerVersion(document),
    ...checkLinks(document),
    ...checkMeta(document),
  ];
}

function checkHidden(document: JsonObject, member: string): Problem[] {
  const value = toText(document[member]);
  if (!hasHidden(value)) return [];
  const path = [member];
  return [
    {
      rule: "hidden-characters",
      severity: "high",
      path,
      message: `“${member}” has characters that a reader does not see.`,
      why: "A model reads them, and a reader sees another text than what is there.",
      fix: { title: "Remove them", edits: [{ path, value: stripHidden(value) }] },
    },
  ];
}

function checkDescription(document: JsonObject): Problem[] {
  const description = toText(document["description"]);
  if (!TEMPLATE.test(description.trim())) return [];
  return [
    {
      rule: "template-description",
      severity: "medium",
      path: ["description"],
      message: `The description is a template's: ${toQuote(description)}.`,
      why: "It does not say what the server does, and people do not find it.",
      fix: null,
    },
  ];
}

function checkServerVersion(document: JsonObject): Problem[] {
  const version = document["version"];
  if (typeof version !== "string") return [];
  const problems = checkExactVersion(version, ["version"], "the server");
  if (problems.length > 0 || SEMANTIC.test(version)) return problems;
  return [
    {
      rule: "version-order",
      severity: "info",
      path: ["version"],
      message: `${toQuote(version)} is no semantic version.`,
      why: "Registries cannot tell which of two versions is newer, and go by the date.",
      fix: null,
    },
  ];
}

function checkLinks(document: JsonObject): Problem[] {
  const links: [string, (string | number)[]][] = [
    [toText(document["websiteUrl"]), ["websiteUrl"]],
    [toText(toObject(document["repository"])?.["url"]), ["repository", "url"]],
    ...listObjects(document["icons"], ["icons"]).map(
      ([icon, path]): [string, (string | number)[]] => [toText(icon["src"]), [...path, "src"]],
    ),
  ];
  const plain = links.flatMap(([url, path]): Problem[] =>
    url === "" || url.startsWith("https://")
      ? []
      : [
          {
            rule: "plain-link",
            severity: "medium",
            path,
            message: `${toQuote(url)} is no https address.`,
            why: "Registries refuse it, and this catalogue leaves it out.",
            fix: url.startsWith("http://")
              ? { title: "Use https", edits: [{ path, value: `https${url.slice(4)}` }] }
              : null,
          },
        ],
  );
  return [...plain, ...checkRepository(document)];
}

function checkRepository(document: JsonObject): Problem[] {
  const repository = toObject(document["repository"]);
  const host = URL.parse(toText(repository?.["url"]))?.hostname.replace(/^www\./, "");
  const source = toText(repository?.["source"]);
  if (!repository || host === undefined || source === "") return [];
  const expected = { "github.com": "github", "gitlab.com": "gitlab" }[host];
  if (expected === undefined || expected === source) return [];
  const path = ["repository", "source"];
  return [
    {
      rule: "repository-source",
      severity: "high",
      path,
      message: `The repository is at ${host}, and its source is ${toQuote(source)}.`,
      why: "Registries refuse a repository that does not fit its source.",
      fix: { title: `Set ${expected}`, edits: [{ path, value: expected }] },
    },
  ];
}

function checkMeta(document: JsonObject): Problem[] {
  const meta = toObject(document["_meta"]) ?? {};
  const provided = JSON.stringify(meta[PROVIDED] ?? null);
  const problems = Object.keys(meta)
    .filter((name) => name !== PROVIDED)
    .map((name): Problem => ({
      rule: "meta",
      severity: "low",
      path: ["_meta", name],
      message: `Registries drop ${toQuote(name)}.`,
      why: `Only ${PROVIDED} is kept of “_meta”.`,
      fix: toRemoval(["_meta", name]),
    }));
  if (new TextEncoder().encode(provided).length > MAX_META_BYTES)
    problems.push({
      rule: "meta-size",
      severity: "high",
      path: ["_meta", PROVIDED],
      message: `“${PROVIDED}” has more than ${MAX_META_BYTES} bytes.`,
      why: "Registries refuse it.",
      fix: toRemoval(["_meta", PROVIDED]),
    });
  return problems;
}
