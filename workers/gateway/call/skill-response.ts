import type { SkillRoute } from "../../contract/rpc/admission.ts";
import { isJsonObject } from "../../mcp/definitions/exact-json.ts";
import { formatError } from "../../mcp/json-rpc.ts";
import { isObject, isSameJson, parseObject } from "../../mcp/json.ts";
import type { McpRequest } from "../../mcp/message.ts";
import { ERROR } from "../../mcp/protocol.ts";
import { checkSkillEntry, toFiles } from "../../mcp/skills/skill-entry.ts";
import { verifyFile } from "../../upstream/verify-file.ts";
import { resultText } from "../client/responses.ts";
import type { UpstreamMessage } from "./upstream-message.ts";

type Reply = Extract<UpstreamMessage, { kind: "response" }>;

/** Why a response that concerns a skill is withheld; the code is that of the audit row and of `data.reason`. */
type SkillFault =
  | "skill_size_mismatch"
  | "skill_digest_mismatch"
  | "skill_changed"
  | "skill_bad_response";

const FAULTS: Record<SkillFault, string> = {
  skill_size_mismatch: "the file has another size than the server's list of skills says",
  skill_digest_mismatch:
    "the file has another SHA-256 digest than the server's list of skills says",
  skill_changed: "the server's entry of the skill is another one than in its list of skills",
  skill_bad_response:
    "the server's response is not the one file, or the one entry, that was asked for",
};

/**
 * The response to a call that concerns a skill. It is made new of what was verified, so that nothing else that the server
 * sent reaches the client: the bytes of the file, or the entry as it is listed. Errors of the server stay.
 */
export function toSkillResponse(message: McpRequest, skill: SkillRoute, reply: Reply): Reply {
  if (reply.rpcError !== null) return reply;
  const result = parseObject(reply.text)?.["result"];
  const checked = checkResult(skill, isObject(result) ? result : {});
  if ("fault" in checked) return withhold(message, skill, checked.fault);
  const isRead = skill.entry === null;
  const caching = isRead && message.era === "modern" ? '"ttlMs":0,"cacheScope":"private",' : "";
  const text = resultText(message, caching + checked.members, !isRead).join("");
  return { kind: "response", text, status: "ok", errorCode: null, rpcError: null };
}

type Checked = { members: string } | { fault: SkillFault };

function checkResult({ file, entry, uri }: SkillRoute, result: Record<string, unknown>): Checked {
  const type = result["resultType"];
  const isComplete = type === undefined || type === "complete";
  if (!isComplete || result["isError"] === true) return { fault: "skill_bad_response" };
  if (file) return checkFile(result["contents"], file, uri);
  return entry ? checkEntry(result["skill"], entry) : { fault: "skill_bad_response" };
}

function checkFile(contents: unknown, file: NonNullable<SkillRoute["file"]>, uri: string): Checked {
  const verified = verifyFile(contents, file);
  if (!verified.ok) return { fault: `skill_${verified.fault}` };
  const { bytes, content } = verified;
  const { text, mimeType } = content;
  const isType = typeof mimeType === "string" && /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/.test(mimeType);
  const shown = {
    uri,
    ...(isType ? { mimeType } : {}),
    // Encoded again: other readers of Base64 can read another file from the same text.
    ...(typeof text === "string" ? { text } : { blob: bytes.toBase64() }),
  };
  return { members: `"contents":[${JSON.stringify(shown)}]` };
}

/** Members beside those of the extension can differ from time to time, and clients get them as listed. */
function checkEntry(sent: unknown, { listed, shown }: NonNullable<SkillRoute["entry"]>): Checked {
  const checked = isJsonObject(sent) ? checkSkillEntry(sent) : null;
  if (!checked?.ok) return { fault: "skill_bad_response" };
  const isSame = isSameJson(toComparable(checked.definition), toComparable(parseObject(listed)));
  return isSame ? { members: `"skill":${shown}` } : { fault: "skill_changed" };
}

function toComparable(entry: Record<string, unknown> | null): unknown {
  const { uri, frontmatter, resources } = entry ?? {};
  const files = toFiles(resources).toSorted((a, b) => (a.uri < b.uri ? -1 : 1));
  return { uri, frontmatter, files };
}

function withhold({ id }: McpRequest, { name, uri }: SkillRoute, reason: SkillFault): Reply {
  const text = `The skill "${name}" is withheld: ${FAULTS[reason]}. List the skills again; if it stays so, tell your admin.`;
  const error = { code: ERROR.internal, message: text, data: { reason, uri } };
  return {
    kind: "response",
    text: formatError(id, error),
    status: "error",
    errorCode: reason,
    rpcError: null,
  };
}
