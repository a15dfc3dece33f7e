import { SECRET_NAME } from "../../../workers/contract/marketplace/secret-name.ts";
import { ARCHIVED, MALICIOUS, toKey, VULNERABLE } from "../known-packages.ts";
import { findLookAlike } from "../look-alikes.ts";
import { isAddress, type PackageFacts, type Word } from "../program-facts.ts";
import { quote, toRemoval, type Draft, type ProgramSubject } from "../subject.ts";
import { isExactVersion, isInRange } from "../versions.ts";
import { hasWriteSwitch } from "./approval-rules.ts";

const REGISTRY_OPTION =
  /^(?:--registry|--index-url|-i|--index|--default-index|--extra-index-url|--find-links|-f|--add-source|--source|--(?:.*:)?registry)(?:=(.*))?$/;
const REGISTRY_VARIABLE =
  /^(?:npm_config_(?:.*_)?registry|pip_(?:extra_)?index_url|pip_find_links|uv_(?:extra_|default_)?index(?:_url)?|uv_find_links|bun_config_registry)$/i;
const PUBLIC_REGISTRY =
  /^https:\/\/(?:registry\.npmjs\.(?:org|com)|registry\.yarnpkg\.com|(?:www\.)?pypi\.org|files\.pythonhosted\.org|api\.nuget\.org)(?:\/|$)/i;
/** Mirrors of the public registries that are widely used where those are slow. */
const PUBLIC_MIRROR =
  /^https:\/\/(?:registry\.npmmirror\.com|mirrors\.aliyun\.com|pypi\.tuna\.tsinghua\.edu\.cn|mirrors\.cloud\.tencent\.com|repo\.huaweicloud\.com)(?:\/|$)/i;

/** SUP-01 to SUP-08. */
export function checkSupply(subject: ProgramSubject): Draft[] {
  const { package: found } = subject.facts;
  return [
    ...(found ? checkPackage(subject, found) : []),
    ...checkSources(subject),
    ...checkAddresses(subject, found),
  ];
}

function checkPackage(subject: ProgramSubject, found: PackageFacts): Draft[] {
  const { path } = found.word;
  if (found.name === "") return [];
  const drafts: Draft[] = [];
  const harm = MALICIOUS.get(toKey(found));
  if (harm !== undefined)
    drafts.push({
      rule: "SUP-06",
      severity: "high",
      path,
      message: `${quote(found.name)} is malware: it ${harm}. Replace the keys that it could read.`,
      fix: toRemoval("the server", subject.server.path),
    });
  const instead = ARCHIVED.get(toKey(found));
  if (instead !== undefined)
    drafts.push({
      rule: "SUP-06",
      severity: "medium",
      path,
      message: `Its authors have archived ${quote(found.name)}. Use ${instead}.`,
    });
  const similar = findLookAlike(found.ecosystem, found.name);
  if (similar !== null)
    drafts.push({
      rule: "SUP-03",
      severity: "high",
      path,
      message: `${quote(found.name)} looks like the well-known package ${quote(similar)}.`,
      fix: toRenameFix(found, similar),
    });
  drafts.push(...checkVulnerabilities(found));
  return [
    ...drafts,
    ...(found.ecosystem === "oci" ? checkImage(found) : checkVersion(subject, found)),
  ];
}

function toRenameFix(found: PackageFacts, similar: string) {
  const value = found.version === null ? similar : found.text.replace(/^@?[^@=]+/, () => similar);
  return { title: `Start ${similar}`, edits: [{ path: found.word.path, value }] };
}

function checkVulnerabilities(found: PackageFacts): Draft[] {
  const { version } = found;
  if (version === null || !isExactVersion(version)) return [];
  const known = VULNERABLE.get(toKey(found)) ?? [];
  return known
    .filter(({ from, fixed }) => isInRange(version, from, fixed))
    .map(({ id, severity, fixed, what }) => ({
      rule: "SUP-07",
      severity,
      path: found.word.path,
      message: `${quote(`${found.name} ${version}`)} has a known vulnerability (${id}): ${what}.`,
      fix: {
        title: `Use version ${fixed}`,
        edits: [{ path: found.word.path, value: withVersion(found, version, fixed) }],
      },
    }));
}

function withVersion({ text }: PackageFacts, version: string, fixed: string): string {
  const at = text.lastIndexOf(version);
  return text.slice(0, at) + fixed + text.slice(at + version.length);
}

function checkImage({ text, version, word: { path } }: PackageFacts): Draft[] {
  if (version?.includes(":")) return [];
  const state =
    version === null
      ? "has no tag"
      : version === "latest"
        ? "has the tag “latest”"
        : "has no digest";
  return [{ rule: "SUP-02", severity: "low", path, message: `The image ${quote(text)} ${state}.` }];
}

function checkVersion(subject: ProgramSubject, found: PackageFacts): Draft[] {
  const { facts, program } = subject;
  const isPinned =
    isExactVersion(found.version) ||
    // dnx has an option for it.
    facts.options.some(({ text }) => /^--version(=|$)/.test(text) && found.ecosystem === "nuget");
  if (isPinned) return [];
  const holdsSecret =
    program.env.some(({ name }) => SECRET_NAME.test(name)) ||
    facts.args.some(({ text }) => /^--?\S*(?:token|key|secret|password)/i.test(text));
  const canWrite = hasWriteSwitch(subject);
  const why = holdsSecret ? ", and holds a secret" : canWrite ? ", and can write" : "";
  return [
    {
      rule: "SUP-01",
      severity: holdsSecret || canWrite ? "medium" : "low",
      path: found.word.path,
      message: `${quote(found.text)} has no exact version${why}.`,
    },
  ];
}

/** SUP-05. */
function checkAddresses({ facts }: ProgramSubject, found: PackageFacts | null): Draft[] {
  const words = [...(found ? [found.word] : []), ...facts.options];
  const word = words.find(({ text, value }) => isRemoteSource(text) || isRemoteSource(value.raw));
  if (!word || isOption(word) || /@[0-9a-f]{40}(?:#|$)|#[0-9a-f]{40}$/i.test(word.text)) return [];
  if (facts.package === null || facts.package.ecosystem === "oci") return [];
  return [
    {
      rule: "SUP-05",
      severity: "medium",
      path: word.path,
      message: `The package comes from ${quote(word.text)}.`,
    },
  ];
}

function isOption({ text }: Word): boolean {
  return REGISTRY_OPTION.test(text) || PUBLIC_REGISTRY.test(text) || PUBLIC_MIRROR.test(text);
}

function isRemoteSource(text: string): boolean {
  const source = text.replace(/^--\w[\w-]*=/, "");
  return isAddress(source) && !/^(?:file:|\.{0,2}[/\\]|~|[a-z]:[/\\])/i.test(source);
}

/** SUP-08. */
function checkSources({ facts, program }: ProgramSubject): Draft[] {
  const { options } = facts;
  const ecosystem = facts.package?.ecosystem;
  const drafts: Draft[] = [];
  for (const [i, word] of options.entries()) {
    if (ecosystem === "oci" || ecosystem === undefined) break;
    const found = REGISTRY_OPTION.exec(word.text);
    if (!found) continue;
    const source = found[1] ?? options[i + 1]?.text ?? "";
    if (isPublic(source)) continue;
    drafts.push({
      rule: "SUP-08",
      severity: "high",
      path: word.path,
      message: `${quote(word.text.replace(/=.*/, ""))} takes packages from another registry.`,
    });
  }
  for (const { name, value } of program.env)
    if (REGISTRY_VARIABLE.test(name) && !isPublic(value.raw))
      drafts.push({
        rule: "SUP-08",
        severity: "high",
        path: value.path,
        message: `${quote(name)} takes packages from another registry.`,
        fix: { title: `Remove ${name}`, edits: [{ path: value.path, value: undefined }] },
      });
  const packages = options.filter(({ text }) => /^(?:-p|--package)(?:=|$)/.test(text));
  if (ecosystem === "npm" && packages[1])
    drafts.push({
      rule: "SUP-08",
      severity: "high",
      path: packages[1].path,
      message: "Several packages are installed for one command.",
    });
  return drafts;
}

function isPublic(address: string): boolean {
  return address === "" || PUBLIC_REGISTRY.test(address) || PUBLIC_MIRROR.test(address);
}
