// Checks what a program can check of CONTRIBUTING's rules on language: no banned word in prose, a docstring on every export.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { root } from "./worker-bundle.ts";

/** Words and constructions that make a sentence hard to read, each with the plain alternative. */
const BANNED: { pattern: RegExp; instead: string }[] = [
  { pattern: /\bwho(?:ever|m|mever)\b/i, instead: "name the person: user, member, caller, client" },
  { pattern: /\b(?:some|no|any)body\b/i, instead: "name the person or part, or use the passive" },
  { pattern: /\bone's\b/i, instead: "the member's, the user's, your" },
  {
    pattern: /\bwhat (?:comes|came|becomes|became|stands)\b/i,
    instead: "a noun: result, content, outcome",
  },
  { pattern: /\b(?:comes?|came) (?:of|to be)\b/i, instead: "results in, is created" },
  {
    pattern: /\b(?:is|are|was|were) (?:told|heard|worth|asked after)\b/i,
    instead: "an active verb: receives, logs, counts",
  },
  { pattern: /\bthe way (?:of|out|back|to|in)\b/i, instead: "path, route, flow, recovery" },
  {
    pattern: /\b(?:stands?|stood) (?:for|in for|before|behind)\b/i,
    instead: "is, represents, is in front of",
  },
  {
    pattern: /\bas (?:it is|they are|it comes|they come)(?=[.,;:)]|$)/i,
    instead: "unchanged, current",
  },
  {
    pattern: /\bgateway's own\b|\bof (?:its|their|his|her|our|your) own(?=\s*(?:[.,;:)]|$))/i,
    instead: "a plain possessive, or separate",
  },
  { pattern: /\bhas nothing to\b|\bhave nothing to\b/i, instead: "a verb with not" },
  { pattern: /\bmust hear\b|\bhear of\b|\btold of\b/i, instead: "receives, is notified of" },
  { pattern: /\b(?:e\.g|i\.e)\./i, instead: "for example, that is" },
];

/** Documents of which a program writes a part, or whose text is not ours. */
const NOT_OURS = new Set(["LICENSE", "scripts/check-language.ts", "workers/runtime/bindings.d.ts"]);

interface Finding {
  file: string;
  line: number;
  message: string;
}

const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => /\.(?:md|tsx?|mjs|mts|sql|sh)$/.test(file) && !NOT_OURS.has(file))
  // A file that is deleted but not committed is still in the index.
  .filter((file) => existsSync(`${root}/${file}`));

const findings = files.flatMap((file) => {
  const text = readFileSync(`${root}/${file}`, "utf8");
  return [...findBannedWords(file, text), ...findMissingDocstrings(file, text)];
});
for (const { file, line, message } of findings) console.log(`${file}:${line}: ${message}`);
if (findings.length > 0) {
  console.log(`${findings.length} findings. CONTRIBUTING.md, "Language", has the rules.`);
  process.exitCode = 1;
}

/** The banned words in the prose of a file. */
function findBannedWords(file: string, text: string): Finding[] {
  return proseOf(file, text).flatMap(({ line, words }) =>
    BANNED.flatMap(({ pattern, instead }) => {
      const found = pattern.exec(words);
      return found ? [{ file, line, message: `"${found[0]}": use ${instead}` }] : [];
    }),
  );
}

/**
 * The lines of prose: a document outside of its code, and of code the comments, test titles, JSX text, and strings of three
 * words or more, which are sentences for users.
 */
function proseOf(file: string, text: string): { line: number; words: string }[] {
  const withoutCode = file.endsWith(".md")
    ? text.replaceAll(/```[\s\S]*?```|`[^`\n]*`|<!--[\s\S]*?-->/g, blank)
    : keepComments(file, text);
  return withoutCode
    .split("\n")
    .map((words, index) => ({ line: index + 1, words }))
    .filter(({ words }) => words.trim() !== "");
}

/** Code with everything but its prose replaced by spaces; code in backticks is left out too. */
function keepComments(file: string, text: string): string {
  if (/\.(?:sh|sql)$/.test(file)) return text.replaceAll(/^(?!\s*(?:#|--)).*$/gm, blank);
  const token =
    /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|((?:it|test|describe)(?:\.\w+)*\(\s*)?("(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|(?<=>)([^<>{}=;()]*[a-z] [a-z][^<>{}=;()]*)(?=<)|[^\n]/g;
  const isTest = file.startsWith("test/");
  return text.replaceAll(
    token,
    (whole, comment?: string, title?: string, quoted?: string, jsx?: string) => {
      if (comment !== undefined) return comment.replaceAll(/`[^`\n]*`/g, blank);
      if (title !== undefined && quoted !== undefined) return blank(title) + quoted;
      if (quoted !== undefined && / .* /.test(quoted) && !isTest) return quoted;
      return jsx ?? blank(whole);
    },
  );
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}

/** Exported functions, classes, types and constants of the product without a docstring. A type inferred from a schema has its schema's. */
function findMissingDocstrings(file: string, text: string): Finding[] {
  if (
    !/^(?:workers|durable-objects|bridge|container-host|registry-client|web\/src)\/.*\.tsx?$/.test(
      file,
    )
  )
    return [];
  const lines = text.split("\n");
  return lines.flatMap((declaration, index) => {
    const exported =
      /^export (?:async |abstract )?(?:function|class|interface|type|const) (\w+)/.exec(
        declaration,
      );
    if (!exported || /= z\.infer</.test(declaration)) return [];
    // One docstring documents a block of constants.
    const before = lines
      .slice(0, index)
      .findLast((line) => !/^\/\/ oxlint-disable|^export const \w+ = [^{[(]*;$/.test(line));
    if (before?.trimEnd().endsWith("*/")) return [];
    return [{ file, line: index + 1, message: `${exported[1]} has no docstring` }];
  });
}
