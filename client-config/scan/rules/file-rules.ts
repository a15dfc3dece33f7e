import { hasKeyFolder, isWholePlace } from "../places.ts";
import { toProgramName } from "../program-facts.ts";
import {
  quote,
  toDraft,
  toLiteral,
  toShorterList,
  type Draft,
  type ProgramSubject,
} from "../subject.ts";

/** Servers that give the model files. */
const FILE_SERVER =
  /file-?system|(?:^|[-_/@])files?(?:[-_]|$)|file-?server|desktop-?commander|(?:^|[-_/])fs(?:[-_]|$)|rust-mcp-filesystem|mcp-filesystem/i;
/** Variables with the folders of such servers. */
const FOLDER_VARIABLE =
  /(?:allowed|root|base|work(?:space|ing)?)_?(?:dir(?:ector(?:y|ies))?s?|paths?|folders?|roots?)$/i;

/** FS-01 to FS-03. Mounts of containers are in `container-rules.ts`. */
export function checkFiles(subject: ProgramSubject): Draft[] {
  const { facts, program, server } = subject;
  const isContainer = facts.package?.ecosystem === "oci";
  const isFileServer =
    !isContainer &&
    (FILE_SERVER.test(facts.package?.name ?? "") ||
      FILE_SERVER.test(toProgramName(toLiteral(program.command))) ||
      (facts.package === null &&
        (FILE_SERVER.test(server.name) ||
          facts.words.some(({ text }) => /filesystem/i.test(text)))));
  const args = facts.package ? facts.args : facts.words;
  const values = [
    ...args.map((word) => ({
      text: withHome(word.text, word.value.raw),
      path: word.path,
      fix: toShorterList("Remove the folder", program, [word.value]),
    })),
    ...program.env
      .filter(({ name }) => FOLDER_VARIABLE.test(name))
      .map(({ value }) => ({ text: value.raw, path: value.path, fix: null })),
  ].map(({ text, path, fix }) => ({ text: text.replace(/^--?[\w-]+=/, ""), path, fix }));
  const drafts: Draft[] = [];
  if (isFileServer)
    for (const { text, path, fix } of values)
      if (text.split(/[,;]|:(?=\/)/).some((one) => isWholePlace(one)))
        drafts.push(
          toDraft("FS-01", "high", path, `The server gets ${quote(text)} as a whole.`, fix),
        );
  const isShellLine = /^(?:ba|z|da|k)?sh$|^(?:cmd|powershell|pwsh|cat|tar|cp|scp|rsync)$/.test(
    facts.name,
  );
  const keys = values.find(({ text }) => (isFileServer || isShellLine) && hasKeyFolder(text));
  if (keys)
    drafts.push({
      rule: "FS-02",
      severity: "critical",
      path: keys.path,
      message: `The server gets a folder with keys: ${quote(keys.text)}.`,
      fix: keys.fix,
    });
  const up = facts.args
    .concat(facts.package ? [] : facts.words)
    .find(({ text }) => isTraversal(text));
  if (up)
    drafts.push({
      rule: "FS-03",
      severity: "medium",
      path: up.path,
      message: `The path ${quote(up.text)} leads out of its folder.`,
    });
  return drafts;
}

/** References to the home folder are no unknown values. */
function withHome(text: string, raw: string): string {
  return /^\$\{(?:env:)?HOME\}|^\{env:HOME\}|^\$\{userHome\}|^\$HOME/.test(raw) ? raw : text;
}

function isTraversal(text: string): boolean {
  return /(?:^|[\\/=])\.\.[\\/]/.test(text) && !/:\/\//.test(text);
}
