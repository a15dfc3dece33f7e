import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  change,
  makeMember,
  modernRpc,
  rpc,
  waitForRows,
  type Client,
} from "../support/gateway-client.ts";
import { listReceived, makeListedWorkspace, setLists } from "../support/listed-servers.ts";
import { manage } from "../support/management-client.ts";
import { makeSkill, setFiles, toFile, toListed } from "../support/skills.ts";

const EXTENSION = "io.modelcontextprotocol/skills";
const SECRET = "text-that-reaches-nobody";

async function listSkills(client: Client): Promise<{ uri: string; [member: string]: unknown }[]> {
  const { message } = await rpc(client, "skills/list");
  return message.result.skills;
}

const listUris = async (client: Client) => (await listSkills(client)).map(({ uri }) => uri);

async function read(client: Client, uri: string): Promise<string> {
  const { message } = await rpc(client, "resources/read", { uri });
  return message.error ? `error ${message.error.data.reason}` : message.result.contents[0].text;
}

async function get(client: Client, uri: string): Promise<unknown> {
  const { message } = await rpc(client, "skills/get", { uri });
  return message.error ? `error ${message.error.data.reason}` : message.result.skill;
}

async function findWarnings(slug: string, server: string): Promise<string[]> {
  const path = `/workspaces/${slug}/servers/${server}/tool-catalogue`;
  const { body } = await manage("GET", path);
  return body.warnings;
}

describe("skills of several servers", () => {
  test("equal skills of two servers have different URIs, and each file is read from its server", async () => {
    const { client, add } = await makeListedWorkspace("skills-apart");
    const files = (text: string) => ({ "references/FORMS.md": text });
    const listed = (text: string, resources: string[]) =>
      toListed([makeSkill("pdf", files(text))], { resources });
    await add("one", listed("of one", ["skill://pdf/SKILL.md", "skill://csv/SKILL.md"]));
    await add("two", listed("of two", ["skill://pdf/SKILL.md", "test://two"]), { prefix: "b" });
    await add("three", toListed([makeSkill("team/pdf", files("of three"))]));
    expect(await listUris(client)).toEqual([
      "skill://pdf/SKILL.md",
      "skill://b_pdf/pdf/SKILL.md",
      "skill://team/pdf/SKILL.md",
    ]);
    expect(await read(client, "skill://pdf/references/FORMS.md")).toBe("of one");
    expect(await read(client, "skill://b_pdf/pdf/references/FORMS.md")).toBe("of two");
    expect(await read(client, "skill://team/pdf/references/FORMS.md")).toBe("of three");
    expect(await listReceived("skills-apart-two")).toEqual(["skill://pdf/references/FORMS.md"]);
    const { message: resources } = await rpc(client, "resources/list");
    expect(resources.result.resources.map(({ uri }: { uri: string }) => uri)).toEqual([
      "skill://pdf/SKILL.md",
      "skill://b_pdf/pdf/SKILL.md",
      "test://two",
    ]);
    const [, second] = await listSkills(client);
    expect(second).toMatchObject({
      frontmatter: { name: "pdf", description: "What pdf is for" },
      resources: [
        { uri: "skill://b_pdf/pdf/SKILL.md", digest: expect.stringMatching(/^sha256:/) },
        { uri: "skill://b_pdf/pdf/references/FORMS.md", size: 6 },
      ],
    });
    expect(await get(client, "skill://b_pdf/pdf/SKILL.md")).toEqual(second);
    const rows = await waitForRows("skills-apart", 4);
    expect(rows.map((row) => [row.method, row.serverSlug, row.toolName, row.status])).toEqual([
      ["resources/read", "one", "pdf", "ok"],
      ["resources/read", "two", "pdf", "ok"],
      ["resources/read", "three", "pdf", "ok"],
      ["skills/get", "two", "pdf", "ok"],
    ]);
  });

  test("a directory of a skill is listed from its entry, and nothing else is a directory", async () => {
    const { client, add } = await makeListedWorkspace("skills-directories");
    const skill = makeSkill("pdf", { "a/b.md": "b", "a/c/d.md": "d", "e%20f.md": "e" });
    await add("one", toListed([skill]), { prefix: "p" });
    await listSkills(client);
    const list = async (uri: string) => {
      const { message } = await rpc(client, "resources/directory/read", { uri });
      return message.error ? message.error.code : message.result.resources;
    };
    const root = "skill://p_pdf/pdf";
    expect(await list(root)).toEqual([
      { uri: `${root}/SKILL.md`, name: "SKILL.md" },
      { uri: `${root}/a`, name: "a", mimeType: "inode/directory" },
      { uri: `${root}/e%20f.md`, name: "e f.md" },
    ]);
    expect(await list("skill://pdf/a/")).toEqual([
      { uri: "skill://pdf/a/b.md", name: "b.md" },
      { uri: "skill://pdf/a/c", name: "c", mimeType: "inode/directory" },
    ]);
    for (const uri of [`${root}/SKILL.md`, `${root}/..`, `${root}/a/../..`, "skill://", "file:///"])
      expect(await list(uri)).toBe(-32602);
    expect(await listReceived("skills-directories-one")).toEqual([]);
  });

  test("a server's own URI works while one server has it, and is refused when two have it", async () => {
    const { client, add } = await makeListedWorkspace("skills-own-uri");
    await add("one", toListed([makeSkill("csv")]), { prefix: "a" });
    expect(await read(client, "skill://csv/SKILL.md")).toContain("Read the files of csv.");
    expect(await get(client, "skill://csv/SKILL.md")).toMatchObject({
      uri: "skill://csv/SKILL.md",
    });
    await add("two", toListed([makeSkill("csv")]), { prefix: "b" });
    expect(await listUris(client)).toEqual([
      "skill://a_csv/csv/SKILL.md",
      "skill://b_csv/csv/SKILL.md",
    ]);
    expect(await read(client, "skill://csv/SKILL.md")).toBe("error ambiguous_skill");
    expect(await get(client, "skill://csv/SKILL.md")).toBe("error ambiguous_skill");
    const rows = await waitForRows("skills-own-uri", 4);
    expect(rows.map((row) => row.errorCode)).toEqual([
      null,
      null,
      "ambiguous_skill",
      "ambiguous_skill",
    ]);
    expect(await listReceived("skills-own-uri-two")).toEqual([]);
  });

  test("a server cannot take over the URI of another server's skill", async () => {
    const { client, add, list } = await makeListedWorkspace("skills-taken");
    await add("one", toListed([makeSkill("pdf", { "b/SKILL.md": "a file of one" })]), {
      prefix: "a",
    });
    await add("two", toListed([]));
    await listUris(client);
    await list("two", toListed([makeSkill("a_pdf/pdf"), makeSkill("a_pdf/pdf/b")]));
    const [first, ...others] = await listUris(client);
    expect(first).toBe("skill://a_pdf/pdf/SKILL.md");
    for (const uri of others)
      expect(uri).toMatch(/^skill:\/\/two__a_pdf_pdf\w*\/(pdf|b)\/SKILL.md$/);
    expect(await read(client, "skill://a_pdf/pdf/SKILL.md")).toContain("Read the files of pdf.");
    expect(await read(client, "skill://a_pdf/pdf/b/SKILL.md")).toBe("a file of one");
    expect(await findWarnings("skills-taken", "two")).toContainEqual(
      expect.stringMatching(/^The skill ".*" has a name that belongs to the server "one"/),
    );
  });

  test("the extension is declared in both eras as long as a server has it, and nothing is read ahead", async () => {
    const { client, add } = await makeListedWorkspace("skills-declared");
    await add("plain", { tools: ["t"], resources: ["skill://old/SKILL.md"] });
    const capabilities = async () => {
      const legacy = await rpc(client, "initialize", { protocolVersion: "2025-11-25" });
      const modern = await modernRpc(client, "server/discover");
      return [legacy, modern].map(
        ({ message }) => message.result.capabilities.extensions?.[EXTENSION],
      );
    };
    await listSkills(client);
    expect(await capabilities()).toEqual([undefined, undefined]);
    // A server without the extension can have resources with such URIs.
    expect(await read(client, "skill://old/SKILL.md")).toBe("skills-declared-plain");
    await add("one", toListed([makeSkill("pdf")]));
    await listSkills(client);
    expect(await capabilities()).toEqual([{ directoryRead: true }, { directoryRead: true }]);
    const { message } = await modernRpc(client, "skills/list");
    expect(message.result).toMatchObject({ resultType: "complete", cacheScope: "private" });
    expect(message.result.ttlMs).toBeGreaterThan(0);
    expect(await listReceived("skills-declared-one")).toEqual([]);
    const modern = await modernRpc(client, "resources/read", { uri: "skill://pdf/SKILL.md" });
    expect(modern.message.result).toMatchObject({
      resultType: "complete",
      ttlMs: 0,
      contents: [{ uri: "skill://pdf/SKILL.md", mimeType: "text/markdown" }],
    });
  });

  test("a member needs the whole server for its skills", async () => {
    const { client, add } = await makeListedWorkspace("skills-rules");
    await add("one", toListed([makeSkill("pdf")]));
    await add("two", toListed([makeSkill("csv")]));
    await listSkills(client);
    const { token } = await makeMember("skills-rules", ["one:work", "two:*"]);
    await change("skills-rules", { type: "workspace.update", patch: { enforcement: true } });
    const member = { slug: "skills-rules", token };
    expect(await listUris(member)).toEqual(["skill://csv/SKILL.md"]);
    expect(await read(member, "skill://csv/SKILL.md")).toContain("csv");
    expect(await read(member, "skill://pdf/SKILL.md")).toBe("error tool_not_allowed");
    expect(await get(member, "skill://pdf/SKILL.md")).toBe("error tool_not_allowed");
    expect(await listReceived("skills-rules-one")).toEqual([]);
    const rows = await waitForRows("skills-rules", 3);
    expect(rows.map((row) => [row.toolName, row.status])).toEqual([
      ["csv", "ok"],
      ["pdf", "blocked"],
      ["pdf", "blocked"],
    ]);
  });
});

describe("a file that is not the listed one", () => {
  const uri = "skill://pdf/FORMS.md";
  const text = "The true text.";
  const content = (more: Record<string, unknown>) => ({ contents: [{ uri, text, ...more }] });
  const blob = (value: string) => Buffer.from(value).toString("base64");

  test.concurrent.each([
    ["a text of the same size", content({ text: "The evil text." }), "digest_mismatch"],
    ["a longer text", content({ text: `${text} ${SECRET}` }), "size_mismatch"],
    ["a shorter text", content({ text: "The" }), "size_mismatch"],
    ["another blob", { contents: [{ uri, blob: blob("The evil text.") }] }, "digest_mismatch"],
    [
      "two contents",
      {
        contents: [
          { uri, text },
          { uri, text: SECRET },
        ],
      },
      "bad_response",
    ],
    ["no content", { contents: [] }, "bad_response"],
    ["no list", { contents: { uri, text } }, "bad_response"],
    ["a number for a text", content({ text: 7 }), "bad_response"],
    ["a failed result", { ...content({}), isError: true }, "bad_response"],
    ["an incomplete result", { ...content({}), resultType: "other" }, "bad_response"],
  ])("is withheld: %s", async (what, result, reason) => {
    const slug = `skills-not-${what.replaceAll(" ", "-")}`;
    const { client, add } = await makeListedWorkspace(slug);
    const skill = makeSkill("pdf", { "FORMS.md": text });
    await add("one", toListed([skill], { files: { ...skill.files, [uri]: result } }));
    await listSkills(client);
    for (const send of [rpc, modernRpc]) {
      const { message } = await send(client, "resources/read", { uri });
      const answer = JSON.stringify(message);
      expect(message.error).toMatchObject({
        code: -32603,
        data: { reason: `skill_${reason}`, uri },
      });
      expect(answer).toContain('The skill \\"pdf\\" is withheld');
      expect(answer).not.toMatch(/evil|reaches|true text/);
    }
    const rows = await waitForRows(slug, 2);
    expect(rows.map((row) => [row.toolName, row.status, row.errorCode])).toEqual([
      ["pdf", "error", `skill_${reason}`],
      ["pdf", "error", `skill_${reason}`],
    ]);
  });

  test("a file that changes after it was listed is withheld until the list says so", async () => {
    const { client, add, list } = await makeListedWorkspace("skills-changed");
    const before = makeSkill("pdf", { "FORMS.md": text });
    const after = makeSkill("pdf", { "FORMS.md": "New text, which a new list has." });
    await add("one", toListed([before]));
    expect(await listUris(client)).toEqual(["skill://pdf/SKILL.md"]);
    expect(await read(client, uri)).toBe(text);
    await setFiles("skills-changed-one", after.files);
    expect(await read(client, uri)).toBe("error skill_size_mismatch");
    await setLists("skills-changed-one", {
      entries: { "skill://pdf/SKILL.md": { skill: after.entry } },
    });
    expect(await get(client, "skill://pdf/SKILL.md")).toBe("error skill_changed");
    await list("one", toListed([after]));
    expect(await read(client, uri)).toBe("New text, which a new list has.");
    expect(await get(client, "skill://pdf/SKILL.md")).toMatchObject({
      uri: "skill://pdf/SKILL.md",
    });
  });

  test("nothing beside the bytes of the file reaches the client", async () => {
    const { client, add } = await makeListedWorkspace("skills-bytes");
    const bytes = Buffer.from([0, 255, 1, 254]);
    const skill = makeSkill("pdf", { "FORMS.md": text });
    const file = { ...toFile("skill://pdf/logo.bin", ""), size: 4 };
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    file.digest = `sha256:${Buffer.from(digest).toString("hex")}`;
    skill.entry.resources.push(file);
    const loose = `${bytes.toString("base64").slice(0, 2)}\n ${bytes.toString("base64").slice(2)}`;
    const more = { title: SECRET, _meta: { SECRET }, mimeType: `text/${SECRET} ${SECRET}` };
    const files = {
      [uri]: { ...content(more), note: SECRET, _meta: { note: SECRET } },
      [file.uri]: { contents: [{ uri: "file:///etc/passwd", blob: loose }] },
    };
    await add("one", toListed([skill], { files }));
    await listSkills(client);
    const { message } = await rpc(client, "resources/read", { uri });
    expect(message.result).toEqual({ contents: [{ uri, text }] });
    const binary = await rpc(client, "resources/read", { uri: file.uri });
    expect(binary.message.result).toEqual({
      contents: [{ uri: file.uri, blob: bytes.toString("base64") }],
    });
  });
});

describe("a URI outside a skill", () => {
  test.concurrent.each([
    ["skill://pdf/../csv/SKILL.md", "outside_skill"],
    ["skill://pdf/%2e%2e/csv/SKILL.md", "outside_skill"],
    ["skill://pdf/FORMS%2Emd", "outside_skill"],
    ["skill://pdf/other.md", "outside_skill"],
    ["skill://pdf/FORMS.md?x=1", "outside_skill"],
    ["skill://pdf/FORMS.md#x", "outside_skill"],
    ["skill://pdf//FORMS.md", "outside_skill"],
    ["skill://PDF/FORMS.md", "unknown_resource"],
    ["skill://pdf@evil.example/FORMS.md", "unknown_resource"],
    ["skill://other/FORMS.md", "unknown_resource"],
    ["SKILL://pdf/FORMS.md", "unknown_resource"],
    [" skill://pdf/FORMS.md", "unknown_resource"],
    ["skill:pdf/FORMS.md", "unknown_resource"],
    [`skill://pdf/${"x/".repeat(50)}`, "outside_skill"],
  ])("is not read: %s", async (uri, reason) => {
    const slug = `skills-outside-${createHash("sha256").update(uri).digest("hex").slice(0, 8)}`;
    const { client, add } = await makeListedWorkspace(slug);
    await add("one", toListed([makeSkill("pdf", { "FORMS.md": "forms" })]));
    await listSkills(client);
    expect(await read(client, uri)).toBe(`error ${reason}`);
    expect(await get(client, uri)).toBe("error unknown_skill");
    expect(await get(client, "skill://pdf/FORMS.md")).toBe("error unknown_skill");
    expect(await listReceived(`${slug}-one`)).toEqual([]);
    const rows = await waitForRows(slug, 2);
    expect(rows.map((row) => [row.status, row.errorCode])).toContainEqual(["error", reason]);
  });
});

test("a URI that is longer than any file's costs no search and is in no skill", async () => {
  const { client, add } = await makeListedWorkspace("skills-long-uri");
  await add("one", toListed([makeSkill("pdf")]));
  await listSkills(client);
  const uri = `skill://pdf/${"/".repeat(200_000)}`;
  expect(await read(client, uri)).toBe("error unknown_resource");
  const { message } = await rpc(client, "resources/directory/read", { uri });
  expect(message.error?.data.reason).toBe("unknown_directory");
});

describe("an odd list of skills", () => {
  const { entry } = makeSkill("pdf");
  const [manifest] = entry.resources;
  const withFile = (file: object) => ({ ...entry, resources: [manifest, file] });
  const other = toFile("skill://pdf/a.md", "a");
  const proto = JSON.parse('{"name":"pdf","description":"d","__proto__":{"x":1}}');

  test.each<[string, unknown, string]>([
    ["another scheme", { ...entry, uri: "file://pdf/SKILL.md" }, "in its plain form"],
    ["dots in the URI", { ...entry, uri: "skill://x/../pdf/SKILL.md" }, "in its plain form"],
    ["an encoded URI", { ...entry, uri: "skill://x%2Fpdf/SKILL.md" }, "in its plain form"],
    ["no manifest", { ...entry, uri: "skill://pdf/README.md" }, "in its plain form"],
    ["a bad name", { ...entry, uri: "skill://Pdf_/SKILL.md" }, "in its plain form"],
    ["another name", { ...entry, frontmatter: { name: "csv", description: "d" } }, "another name"],
    ["no frontmatter", { ...entry, frontmatter: [] }, "has no frontmatter"],
    ["no description", { ...entry, frontmatter: { name: "pdf" } }, "has no description"],
    ["a prototype", { ...entry, frontmatter: proto }, "__proto__"],
    [
      "hidden characters",
      { ...entry, frontmatter: { name: "pdf", description: "d\u200bd" } },
      "has hidden characters (U+200B)",
    ],
    ["no digests", { ...entry, resources: "dynamic" }, "has no digests of its files"],
    ["no files", { ...entry, resources: 7 }, "has no list of files"],
    ["not its manifest", { ...entry, resources: [other] }, "does not list its SKILL.md"],
    ["a file twice", withFile(manifest ?? {}), "lists a file twice"],
    ["a file outside", withFile({ ...other, uri: "skill://csv/a.md" }), "outside the skill"],
    ["a file above", withFile({ ...other, uri: "skill://pdf/../a.md" }), "outside the skill"],
    ["an encoded file", withFile({ ...other, uri: "skill://pdf/%2e%2e/a.md" }), "outside"],
    ["a file of another scheme", withFile({ ...other, uri: "file:///etc/passwd" }), "outside"],
    ["a weak digest", withFile({ ...other, digest: "md5:00" }), "without a SHA-256 digest"],
    ["no size", withFile({ ...other, size: "1" }), "without its size"],
    ["a negative size", withFile({ ...other, size: -1 }), "without its size"],
    ["too large", withFile({ ...other, size: 17_000_000 }), "is larger than 16 MiB"],
    [
      "too many files",
      { ...entry, resources: Array.from({ length: 513 }, () => manifest) },
      "has more than 512 files",
    ],
  ])("leaves out a skill with %s, with a warning", async (what, odd, reason) => {
    const slug = `skills-odd-${what.replaceAll(/[^a-z]/g, "-")}`;
    const { client, add } = await makeListedWorkspace(slug);
    await add("one", toListed([makeSkill("good")], { skills: [odd, makeSkill("good").entry] }));
    expect(await listUris(client)).toEqual(["skill://good/SKILL.md"]);
    const warnings = await findWarnings(slug, "one");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(reason);
  });

  test("keeps the first of two skills with one URI, and as many as fit", async () => {
    const { client, add } = await makeListedWorkspace("skills-many");
    const many = Array.from({ length: 2_100 }, (_, i) => makeSkill(`s${i}`).entry);
    const twice = { ...makeSkill("s0").entry, frontmatter: { name: "s0", description: "second" } };
    await add("one", toListed([], { skills: [many[0], twice, 7, null, "x", ...many.slice(1)] }));
    const uris: string[] = [];
    let cursor: string | undefined;
    do {
      const { message } = await rpc(client, "skills/list", cursor ? { cursor } : {});
      uris.push(...message.result.skills.map(({ uri }: { uri: string }) => uri));
      cursor = message.result.nextCursor;
    } while (cursor);
    expect(uris).toHaveLength(2_000);
    expect(new Set(uris).size).toBe(2_000);
    expect(await get(client, "skill://s0/SKILL.md")).toMatchObject({
      frontmatter: { description: "What s0 is for" },
    });
    expect((await findWarnings("skills-many", "one")).join("\n")).toContain("is listed twice");
  });
});
