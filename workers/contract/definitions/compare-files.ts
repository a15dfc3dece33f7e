import type { Draft } from "./draft.ts";
import { getOwn, isEqual, toPointer } from "./json-value.ts";
import { quote } from "./naming.ts";

/** Names of files that a client or a shell runs, or that say what they run. */
const PROGRAM =
  /\.(?:sh|bash|zsh|fish|ps1|psm1|bat|cmd|py|pyw|rb|pl|php|lua|js|mjs|cjs|jsx|ts|mts|tsx|jar|exe|msi|dll|so|dylib|node|wasm|vbs|scpt|applescript|command|desktop|lnk|service)$|(?:^|\/)(?:makefile|dockerfile|justfile|rakefile|package\.json|\.?mcp\.json|settings(?:\.local)?\.json|hooks\.json|\.envrc|\.pre-commit-config\.yaml)$|\/(?:bin|scripts|hooks)\/[^/.]+$/i;

/** Compares the files of a skill by their digests. */
export function compareFiles(before: unknown, after: unknown): Draft[] {
  const [old, current] = [toMap(before), toMap(after)];
  return [...new Set([...old.keys(), ...current.keys()])].flatMap((uri): Draft[] => {
    const [one, other] = [old.get(uri), current.get(uri)];
    if (isEqual(one, other)) return [];
    const isProgram = PROGRAM.test(uri);
    const name = quote(uri.split("/").at(-1) ?? uri);
    const what = isProgram ? "program" : "file";
    const common = { path: toPointer("/resources", uri), before: one, after: other };
    if (one === undefined)
      return [
        {
          ...common,
          rule: "file-added",
          severity: isProgram ? "high" : "medium",
          message: `The ${what} ${name} is new.`,
        },
      ];
    if (other === undefined)
      return [
        {
          ...common,
          rule: "file-removed",
          severity: "low",
          message: `The ${what} ${name} is removed.`,
        },
      ];
    const isContent = getOwn(one, "digest") !== getOwn(other, "digest");
    return [
      {
        ...common,
        rule: "file-changed",
        severity: !isContent ? "low" : isProgram ? "high" : "medium",
        message: isContent
          ? `The ${what} ${name} has other content.`
          : `What is said about the ${what} ${name} is another thing.`,
      },
    ];
  });
}

function toMap(list: unknown): Map<string, unknown> {
  const items: unknown[] = Array.isArray(list) ? list : [];
  return new Map(items.map((item) => [String(getOwn(item, "uri")), item]));
}
