import type { Fix } from "../../finding.ts";
import { hasKeyFolder, isHomeOrDisk, isWholePlace } from "../places.ts";
import type { Word } from "../program-facts.ts";
import {
  quote,
  toDraft,
  toLiteral,
  toShorterList,
  type Draft,
  type ProgramSubject,
} from "../subject.ts";

/** An option of the container engine with its value. */
interface Option {
  name: string;
  value: string;
  word: Word;
  /** All words of the option. */
  words: Word[];
}

const SOCKET = /(?:docker|podman|containerd|crio)\.sock/;
/** Options that are followed by their value. */
const VALUED =
  /^(?:-v|--volume|--mount|-p|--publish|-e|--env|--env-file|--net|--network|--pid|--ipc|--userns|--uts|--cap-add|--security-opt|--device|--volumes-from)$/;

/** DOC-01 to DOC-03, and the mounts of FS-01 and FS-02. */
export function checkContainer(subject: ProgramSubject): Draft[] {
  const { facts, program } = subject;
  const drafts: Draft[] = program.env
    .filter(
      ({ name, value }) => name === "DOCKER_HOST" && /^(?:tcp|ssh|http)/.test(toLiteral(value)),
    )
    .map(({ value }) => ({
      rule: "DOC-02",
      severity: "critical",
      path: value.path,
      message: "DOCKER_HOST gives the server a container engine at an address.",
    }));
  if (!/^(?:docker|podman|nerdctl)$/.test(facts.name)) {
    const socket = facts.allWords.find(({ text }) => SOCKET.test(text));
    if (socket)
      drafts.push({
        rule: "DOC-02",
        severity: "critical",
        path: socket.path,
        message: "The server reaches the socket of the container engine.",
      });
    return drafts;
  }
  return [
    ...drafts,
    ...listOptions(facts.options).flatMap((option) =>
      checkOption(option, toLeaveOut(subject, option)),
    ),
  ];
}

function listOptions(words: Word[]): Option[] {
  const options: Option[] = [];
  for (const [i, word] of words.entries()) {
    const { text } = word;
    if (!text.startsWith("-")) continue;
    const [, name = text, value] =
      /^(--[\w-]+)=(.*)$/s.exec(text) ?? /^(-[vpe])(.+)$/s.exec(text) ?? [];
    if (value !== undefined) options.push({ name, value, word, words: [word] });
    else {
      const next = VALUED.test(text) ? words[i + 1] : undefined;
      const all = next ? [word, next] : [word];
      options.push({ name: text, value: next?.text ?? "", word: next ?? word, words: all });
    }
  }
  return options;
}

/** The fix that leaves an option out. */
function toLeaveOut({ program }: ProgramSubject, { name, words }: Option): Fix {
  return toShorterList(
    `Remove ${name}`,
    program,
    words.map(({ value }) => value),
  );
}

function checkOption(option: Option, removal: Fix): Draft[] {
  if (/^(?:-v|--volume|--mount)$/.test(option.name)) return checkMount(option, removal);
  return [...checkWalls(option, removal), ...checkReach(option, removal)];
}

/** Capabilities with which a container can leave its walls. */
const WIDE_CAPABILITY =
  /^(?:cap_)?(?:all|sys_admin|sys_ptrace|sys_module|dac_read_search|sys_rawio)$/i;

/** DOC-01. */
function checkWalls({ name, value, word: { path } }: Option, removal: Fix): Draft[] {
  const found = (severity: "critical" | "high", message: string) => [
    toDraft("DOC-01", severity, path, message, removal),
  ];
  if (name === "--privileged" && value !== "false")
    return found("critical", "--privileged gives the container all rights on the computer.");
  if (name === "--cap-add")
    return found(
      WIDE_CAPABILITY.test(value) ? "critical" : "high",
      `The container gets the capability ${quote(value)}.`,
    );
  if (/^--(?:pid|ipc|uts|userns)$/.test(name) && value === "host")
    return found(
      name === "--pid" ? "critical" : "high",
      `${name}=host shares the computer’s own with the container.`,
    );
  if (/^--net(?:work)?$/.test(name) && value === "host")
    return found("high", "The container uses the computer’s own network.");
  if (name === "--security-opt" && /unconfined|disable$/.test(value))
    return found("critical", `A security profile is switched off: ${quote(value)}.`);
  return /^(?:--device|--volumes-from)$/.test(name)
    ? found("high", `${name} gives the container ${quote(value)}.`)
    : [];
}

/** DOC-03 of options. */
function checkReach({ name, value, word: { text, path } }: Option, removal: Fix): Draft[] {
  if (/^(?:-p|--publish)$/.test(name) && isOpenPort(value)) {
    const title = "Open it to this computer only";
    const fix = { title, edits: [{ path, value: toLocalPort(text, value) }] };
    return [
      toDraft("DOC-03", "medium", path, `The port ${quote(value)} is open to the network.`, fix),
    ];
  }
  return name === "--env-file" || name === "--env-host"
    ? [
        toDraft(
          "DOC-03",
          "medium",
          path,
          `${name} passes all its variables to the container.`,
          removal,
        ),
      ]
    : [];
}

function isOpenPort(value: string): boolean {
  return /^(?:0\.0\.0\.0:|\[::\]:)?\d+(?:-\d+)?:\d/.test(value);
}

function toLocalPort(text: string, value: string): string {
  return text.replace(value, () => `127.0.0.1:${value.replace(/^(?:0\.0\.0\.0|\[::\]):/, "")}`);
}

function checkMount({ name, value, word }: Option, removal: Fix): Draft[] {
  const { path } = word;
  const source =
    name === "--mount" ? (/(?:^|,)(?:src|source)=([^,]*)/.exec(value)?.[1] ?? "") : toSource(value);
  const isReadOnly =
    name === "--mount"
      ? /(?:^|,)(?:ro|readonly)(?:=true|,|$)/.test(value)
      : /:ro(?:,|$)/.test(value);
  if (SOCKET.test(value))
    return [
      toDraft(
        "DOC-02",
        "critical",
        path,
        "The socket of the container engine is mounted.",
        removal,
      ),
    ];
  const place = quote(source);
  if (hasKeyFolder(source))
    return [
      toDraft(
        "FS-02",
        "critical",
        path,
        `The container gets a folder with keys: ${place}.`,
        removal,
      ),
    ];
  if (!isWholePlace(source)) return [];
  if (isReadOnly || !isHomeOrDisk(source))
    return [toDraft("FS-01", "high", path, `The container can read ${place}.`, removal)];
  const { raw } = word.value;
  const readOnly = name === "--mount" ? `${raw},readonly` : `${raw.replace(/:rw$/, "")}:ro`;
  const fix = { title: "Mount it for reading only", edits: [{ path, value: readOnly }] };
  return [toDraft("DOC-03", "high", path, `The container can write ${place}.`, fix)];
}

function toSource(value: string): string {
  return /^([a-z]:[\\/][^:]*|\$\{[^}]*\}[^:]*|[^:]*):/i.exec(value)?.[1] ?? "";
}
