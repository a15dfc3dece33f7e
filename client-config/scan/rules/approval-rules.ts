import { FORMATS } from "../../formats/format.ts";
import { quote, toLiteral, type Draft, type ProgramSubject, type Subject } from "../subject.ts";

/** Tools by whose names something changes. */
const CHANGING_TOOL =
  /(?:^|[_\-./ ])(?:write|edit|delete|remove|drop|destroy|exec(?:ute)?|run|eval|shell|bash|command|create|update|insert|push|merge|send|post|publish|deploy|upload|move|rename|kill|pay|transfer|set|apply|patch|commit)(?:[_\-./ ]|$)/i;
const YOLO =
  /^--?(?:yolo|auto-?approve(?:-all)?|auto-?accept(?:-all)?|trust-all-tools|allow-all-tools|no-?confirm(?:ation)?|skip-?confirm(?:ation)?s?|skip-permissions|full-auto)(?:=(?:true|1|yes))?$/i;
const DANGEROUS = /^--dangerously[\w-]*(?:=(?:true|1|yes))?$/i;
const WRITE_SWITCH =
  /^--(?:allow-?(?:writes?|all|delete|destructive|dangerous|run|shell|exec\w*|mutations?|unsafe)(?:-\w+)*|enable-?(?:writes?|delete|destructive|unsafe|shell|admin)(?:-\w+)*|read-?only=(?:false|0|no)|no-read-?only|write-?(?:mode|access|enabled)?|unsafe|unrestricted|access-mode=unrestricted|admin-mode)(?:=(?:true|1|yes))?$/i;
const WRITE_VARIABLE =
  /^(?:\w+_)?(?:allow|enable)_(?:\w+_)?(?:writes?|insert|update|delete|ddl|destructive|dangerous|shell|exec\w*|mutations?)(?:_\w+)?$/i;

/** Members with approved tools that files have beside those of their client: other clients read them. */
const LISTS = ["autoApprove", "alwaysAllow", "auto_approve", "approvedTools"];

/** Most tools that a message names. */
const MAX_NAMED = 5;

/** AUT-01 of what the file says of a server's tools. */
export function checkApprovals({ server, client }: Subject): Draft[] {
  const { approvedTools, own, name, path: at } = server;
  const list = LISTS.find((member) => isTexts(own[member]));
  const isOwn = approvedTools === "all" || approvedTools.length > 0;
  const approved = isOwn || list === undefined ? approvedTools : (own[list] as string[]);
  const member = isOwn ? (FORMATS[client].approved?.field ?? list) : list;
  const path = [...at, member ?? "autoApprove"];
  const rule = "AUT-01";
  if (approved === "all" || approved.includes("*")) {
    const value = FORMATS[client].approved?.form === "switch" ? false : [];
    const message = `All tools of ${quote(name)} run without asking.`;
    const fix = { title: "Ask before each call", edits: [{ path, value }] };
    return [{ rule, severity: "high", path, message, fix }];
  }
  const changing = approved.filter((tool) => CHANGING_TOOL.test(tool));
  if (changing.length > 0) {
    const kept = approved.filter((tool) => !changing.includes(tool));
    const named = changing.slice(0, MAX_NAMED).map(quote).join(", ");
    const message = `Tools that change things run without asking: ${named}${changing.length > MAX_NAMED ? " and others" : ""}.`;
    const fix = { title: "Ask before these calls", edits: [{ path, value: kept }] };
    return [{ rule, severity: "high", path, message, fix }];
  }
  if (approved.length > 0) {
    const message = `${approved.length} of the tools of ${quote(name)} run without asking.`;
    const fix = { title: "Ask before each call", edits: [{ path, value: [] }] };
    return [{ rule, severity: "medium", path, message, fix }];
  }
  if (own["sandboxEnabled"] !== true) return [];
  const message = `${quote(name)} runs in a sandbox, and so its tools run without asking.`;
  return [{ rule, severity: "medium", path: [...at, "sandboxEnabled"], message }];
}

function isTexts(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")
  );
}

/** AUT-02, and AUT-01 of options. */
export function checkSwitches({ facts, program }: ProgramSubject): Draft[] {
  const drafts: Draft[] = [];
  for (const { text, path } of facts.allWords) {
    const fix = { title: `Remove ${text}`, edits: [{ path, value: undefined }] };
    if (YOLO.test(text))
      drafts.push({
        rule: "AUT-01",
        severity: "high",
        path,
        message: `${quote(text)} makes tools run without asking.`,
        fix,
      });
    else if (DANGEROUS.test(text))
      drafts.push({
        rule: "AUT-02",
        severity: "high",
        path,
        message: `${quote(text)} switches a protection off.`,
        fix,
      });
    else if (WRITE_SWITCH.test(text))
      drafts.push({
        rule: "AUT-02",
        severity: "medium",
        path,
        message: `${quote(text)} lets the server change things.`,
        fix,
      });
  }
  for (const { name, value } of program.env) {
    const text = toLiteral(value).trim().toLowerCase();
    const isOn = /^(?:true|1|yes|on|all)$/.test(text);
    const isReadOnlyOff =
      /(?:^|_)read_?only(?:_mode)?$/i.test(name) && /^(?:false|0|no|off)$/.test(text);
    const isDangerous = /^dangerously_/i.test(name) && isOn;
    if (!isDangerous && !isReadOnlyOff && !(WRITE_VARIABLE.test(name) && isOn)) continue;
    drafts.push({
      rule: "AUT-02",
      severity: isDangerous ? "high" : "medium",
      path: value.path,
      message: `${quote(name)} ${isDangerous ? "switches a protection off" : "lets the server change things"}.`,
      fix: { title: `Remove ${name}`, edits: [{ path: value.path, value: undefined }] },
    });
  }
  return drafts;
}

/** Whether an option or variable lets the server change things. */
export function hasWriteSwitch({ facts, program }: ProgramSubject): boolean {
  return (
    facts.allWords.some(({ text }) => WRITE_SWITCH.test(text)) ||
    program.env.some(({ name }) => WRITE_VARIABLE.test(name))
  );
}
