import type { Fix } from "../../finding.ts";
import type { Path } from "../../model.ts";
import { isUnsafeFolder } from "../places.ts";
import { toProgramName, type Word } from "../program-facts.ts";
import {
  quote,
  toDraft,
  toLiteral,
  toRemoval,
  type Draft,
  type ProgramSubject,
} from "../subject.ts";

const SHELL =
  /^(?:ba|z|da|k|c|tc|fi|a)?sh$|^(?:cmd|powershell|pwsh|busybox|osascript|wscript|cscript|mshta|wsl)$/;
const RAISER = /^(?:sudo|doas|su|runas|pkexec|gsudo)$/;
/** The option after which a shell takes a line. */
const LINE_OPTION = /^-[a-z]*c$|^\/[ckr]$|^-(?:command|c|e|ec|enc|encodedcommand)$/i;
/** A program that is started, between signs of a shell. */
const DOWNLOAD =
  /\b(?:curl|wget|fetch|iwr|irm|invoke-webrequest|invoke-restmethod)\b[^|;&]{1,500}(?:\|\s*(?:sudo\s+)?(?:env\s+)?(?:\S*\/)?(?:ba|z|da|k)?sh\b|\|\s*(?:sudo\s+)?(?:python3?|node|perl|ruby|iex|invoke-expression)\b)|\b(?:bash|sh|zsh|eval|source)\b\s*(?:-c\s*)?["']?[<$]\(\s*(?:curl|wget)\b|\biex\b[^|;&]{0,80}\b(?:downloadstring|iwr|irm)\b/i;
const SUBSTITUTION = /\$\((?!\()|`[^`]+`/;
const CHAIN = /(?:;|&&|\|\|?)\s*\S/;
/** Words after a sign of a shell that show that a shell is meant, outside of a shell's line. */
const CHAINED_PROGRAM =
  /(?:;|&&|\|\|?)\s*(?:sudo\s+)?(?:\S*\/)?(?:rm|curl|wget|(?:ba|z|da|k)?sh|nc|ncat|python3?|node|perl|ruby|eval|chmod|chown|dd|mkfifo|scp|ssh|cat|tee|base64|powershell|cmd)\b/;
/** `cd folder && command`, with what prepares the environment of the command. */
const PLAIN_START =
  /^\s*(?:(?:cd\s+[^;&|`$]+|(?:source|\.)\s+[^;&|`$]+|export\s+\w+=[^;&|`$]*|set -[a-z]+)\s*(?:&&|;)\s*){1,4}(?:exec\s+)?[^;&|`$]+$/;

const CODE_OPTIONS: [program: RegExp, option: RegExp][] = [
  [/^(?:node|bun|nodejs)$/, /^(?:-e|--eval|-p|--print|-pe)(?:=|$)/],
  [/^(?:python[\d.]*|py|pypy\d?)$/, /^-[a-zA-Z]*c$/],
  [/^(?:perl|ruby|lua)$/, /^-[a-z]*e$/i],
  [/^php$/, /^-r$/],
  [/^deno$/, /^eval$/],
];
const BLOB = /(?:[A-Za-z0-9+/]{4}){24,}={0,2}|(?:[0-9a-f]{2}){48,}|(?:\\x[0-9a-f]{2}){8,}/i;

/** Longest argument that is looked at, characters. Ordinary ones are far shorter. */
const MAX_ARGUMENT = 20_000;

/** CMD-01 to CMD-06. */
export function checkCommand(subject: ProgramSubject): Draft[] {
  const { program } = subject;
  const long = [program.command, ...program.args].find(({ raw }) => raw.length > MAX_ARGUMENT);
  if (long)
    return [
      {
        rule: "CMD-03",
        severity: "high",
        path: long.path,
        message: `The command line has a part of ${long.raw.length} characters, which is not looked at.`,
      },
    ];
  return [
    ...checkShell(subject),
    ...checkCode(subject),
    ...checkLoaders(subject),
    ...checkRaisers(subject),
    ...checkCertificates(subject),
  ];
}

/** The line that a shell gets; null: the program is none, or it runs a file. */
function findShellLine({
  facts,
  program,
}: ProgramSubject): { line: string; word: Word | null } | null {
  const words = facts.name === "wsl" ? facts.words.slice(1) : facts.words;
  const name = facts.name === "wsl" ? toProgramName(facts.words[0]?.text ?? "") : facts.name;
  // A whole line as the command.
  const command = toLiteral(program.command);
  if (/\s-c\s|[|;&]|\s\/c\s/i.test(command)) return { line: command, word: null };
  if (!SHELL.test(name)) return null;
  const at = words.findIndex(({ text }) => LINE_OPTION.test(text));
  if (at < 0) return null;
  const line = words
    .slice(at + 1)
    .map(({ text }) => text)
    .join(" ");
  return { line, word: words[at + 1] ?? words[at] ?? null };
}

/** CMD-01 and CMD-02. */
function checkShell(subject: ProgramSubject): Draft[] {
  const { facts, program, server } = subject;
  const shell = findShellLine(subject);
  const removal = toRemoval("the server", server.path);
  if (shell)
    return checkLine(facts.name, shell.line, shell.word?.path ?? program.command.path, removal);
  const word = facts.allWords.find(
    ({ text }) =>
      DOWNLOAD.test(text) || CHAINED_PROGRAM.test(text) || /^\$\((?!pwd\))|^`.+`$/.test(text),
  );
  if (word)
    return [
      toDraft("CMD-02", "critical", word.path, "An argument is a line for a shell.", removal),
    ];
  const inner = facts.allWords.find(
    ({ text }, i) =>
      i > 0 &&
      LINE_OPTION.test(text) &&
      SHELL.test(toProgramName(facts.allWords[i - 1]?.text ?? "")),
  );
  return inner ? [toDraft("CMD-01", "high", inner.path, STARTS_SHELL)] : [];
}

const STARTS_SHELL = "The command starts a shell with a line to run.";
const RUNNER_LINE = /^\s*(?:npx|uvx|node|npm|bunx|docker|python3?)(?:\.cmd|\.exe)?\s/i;

function checkLine(name: string, line: string, path: Path, removal: Fix): Draft[] {
  const isDangerous =
    DOWNLOAD.test(line) || SUBSTITUTION.test(line) || (CHAIN.test(line) && !PLAIN_START.test(line));
  if (!isDangerous)
    // Windows starts package runners by it.
    return name === "cmd" && RUNNER_LINE.test(`${line} `)
      ? []
      : [toDraft("CMD-01", "high", path, STARTS_SHELL)];
  const what = DOWNLOAD.test(line) ? "downloads code and runs it" : "chains commands";
  return [
    toDraft("CMD-02", "critical", path, `The command is a shell line that ${what}.`, removal),
  ];
}

/** CMD-03. */
function checkCode(subject: ProgramSubject): Draft[] {
  const { facts } = subject;
  const shell = findShellLine(subject);
  const rule = "CMD-03";
  const option = CODE_OPTIONS.find(([program]) => program.test(facts.name))?.[1];
  const at = option ? facts.words.findIndex(({ text }) => option.test(text)) : -1;
  const code = facts.words[at];
  // Words after a file belong to the program in the file.
  const isOfFile = facts.words
    .slice(0, Math.max(at, 0))
    .some(({ text }) => /\.(?:[cm]?js|ts|py)$/.test(text));
  if (code && !isOfFile)
    return [
      {
        rule,
        severity: "high",
        path: code.path,
        message: `${quote(facts.name)} gets its program as an argument.`,
      },
    ];
  const encoded = facts.allWords.find(({ text }) => /^-e(?:nc|c|ncodedcommand)$/i.test(text));
  if (encoded && /^(?:powershell|pwsh)$/.test(facts.name))
    return [{ rule, severity: "high", path: encoded.path, message: "The command is encoded." }];
  const line = shell?.line ?? "";
  if (/\beval\b|base64\s+(?:-d|-D|--decode)|\bxxd\s+-r/.test(line) || (shell && BLOB.test(line)))
    return [
      {
        rule,
        severity: "high",
        path: shell?.word?.path ?? subject.program.command.path,
        message: "The shell line hides its commands.",
      },
    ];
  const blob = facts.allWords.find(
    ({ text }) =>
      BLOB.test(text) &&
      !/^sha\d+:|@sha256:|:\/\/|[=:]eyJ|^eyJ/.test(text) &&
      !/[\\/][\w.-]+[\\/]/.test(text),
  );
  return blob
    ? [{ rule, severity: "high", path: blob.path, message: "An argument is a long encoded text." }]
    : [];
}

const ALWAYS_LOADERS =
  /^(?:LD_PRELOAD|LD_AUDIT|DYLD_\w+|BASH_ENV|GIT_SSH_COMMAND|GIT_SSH|GIT_EXTERNAL_DIFF|PYTHONSTARTUP|PERL5OPT|RUBYOPT|JAVA_TOOL_OPTIONS|DOTNET_STARTUP_HOOKS)$/i;
const NODE_LOADER =
  /(?:^|\s)(?:-r|--require|--import|--loader|--experimental-loader|--inspect(?:-brk)?|--env-file)(?:[=\s]|$)/;

/** CMD-04. */
function checkLoaders({ program }: ProgramSubject): Draft[] {
  return program.env
    .filter(({ name, value }) => {
      const text = toLiteral(value);
      if (ALWAYS_LOADERS.test(name)) return true;
      if (/^NODE_OPTIONS$/i.test(name)) return NODE_LOADER.test(text);
      // Many files set these to the folders of a version manager or of the project.
      return (
        /^(?:PATH|PYTHONPATH|NODE_PATH|LD_LIBRARY_PATH)$/i.test(name) &&
        text.split(/[:;](?![\\/])/).some(isUnsafeFolder)
      );
    })
    .map(({ name, value }) => ({
      rule: "CMD-04",
      severity: "high",
      path: value.path,
      message: `${quote(name)} makes the server load other code.`,
      fix: { title: `Remove ${name}`, edits: [{ path: value.path, value: undefined }] },
    }));
}

/** CMD-05. */
function checkRaisers({ facts, program }: ProgramSubject): Draft[] {
  const rule = "CMD-05";
  const command = toLiteral(program.command);
  const { path } = program.command;
  const raiser = [command, ...facts.allWords.slice(0, 3).map(({ text }) => text)].find(
    (text) => RAISER.test(toProgramName(text)) && !/[\\/]/.test(text.replace(/^\/usr\/bin\//, "")),
  );
  if (raiser !== undefined)
    return [
      {
        rule,
        severity: "high",
        path,
        message: `${quote(raiser)} runs the server with the rights of an administrator.`,
      },
    ];
  const script = /^(?:node|python[\d.]*|bun|deno|ruby|php|bash|sh|zsh)$/.test(facts.name)
    ? facts.words.find(({ text }) => !text.startsWith("-"))
    : undefined;
  if (isUnsafeFolder(command) || (script && isUnsafeFolder(script.text)))
    return [
      {
        rule,
        severity: "high",
        path: script && isUnsafeFolder(script.text) ? script.path : path,
        message: "The program is in a folder for downloads or temporary files.",
      },
    ];
  return /^\.{1,2}[\\/]|^[\w.-]+[\\/]/.test(command) &&
    !/^[a-z]:[\\/]/i.test(command) &&
    !command.includes("\0")
    ? [
        {
          rule,
          severity: "medium",
          path,
          message: `The path of the program is relative: ${quote(command)}.`,
        },
      ]
    : [];
}

const NO_CHECK_OPTION =
  /^(?:--insecure|--no-?verify-?(?:ssl|tls|certs?)?|--skip-(?:ssl|tls|cert)\S*|--(?:ssl|tls)-?verify[= ](?:false|0|no)|--verify(?:-ssl|-tls)?[= ](?:false|0|no)|--no-check-certificate|--ignore-(?:certificate|cert|ssl|https)-errors|--strict-ssl=false|--allow-insecure\S*|--trust-all\S*)$/i;
const NO_CHECK_VARIABLE =
  /^(?:.*_)?(?:(?:ssl|tls|cert)_?verif(?:y|ication)|verify_?(?:ssl|tls|certs?|certificates?)|strict_?ssl)$/i;
const SKIP_VARIABLE =
  /^(?:git_ssl_no_verify|(?:.*_)?(?:(?:skip|disable|ignore|no)_?(?:ssl|tls|cert\w*)(?:_?verif\w*|_?errors?)?|(?:ssl|tls)_?insecure|insecure_?(?:ssl|tls|skip_?verify)))$/i;

/** CMD-06. */
function checkCertificates({ facts, program }: ProgramSubject): Draft[] {
  const drafts: Draft[] = facts.allWords
    .filter(
      ({ text }) =>
        NO_CHECK_OPTION.test(text) || (text === "-k" && /^(?:curl|mcp-proxy)$/.test(facts.name)),
    )
    .map(({ text, path }) => ({
      rule: "CMD-06",
      severity: "high",
      path,
      message: `${quote(text)} switches the check of certificates off.`,
      fix: { title: `Remove ${text}`, edits: [{ path, value: undefined }] },
    }));
  for (const { name, value } of program.env) {
    const text = toLiteral(value).trim().toLowerCase();
    const isOff = /^(?:0|false|no|off|none)$/.test(text);
    const isOn = /^(?:1|true|yes|on)$/.test(text);
    const isUnchecked =
      (/^NODE_TLS_REJECT_UNAUTHORIZED$/i.test(name) && isOff) ||
      (NO_CHECK_VARIABLE.test(name) && isOff) ||
      (SKIP_VARIABLE.test(name) && isOn);
    if (isUnchecked)
      drafts.push({
        rule: "CMD-06",
        severity: "high",
        path: value.path,
        message: `${quote(name)} switches the check of certificates off.`,
        fix: { title: `Remove ${name}`, edits: [{ path: value.path, value: undefined }] },
      });
  }
  return drafts;
}
