import { expect, test } from "vitest";
import { rpc, waitForRows } from "../support/gateway-client.ts";
import { makeListedWorkspace, setLists } from "../support/listed-servers.ts";
import { manage, type Json } from "../support/management-client.ts";
import { makeSkill, toListed } from "../support/skills.ts";

const SKILL = "skill://pdf/SKILL.md";
const FORMS = "skill://pdf/FORMS.md";
const NOTES = "skill://pdf/NOTES.md";

test("a skill whose instructions change after its approval reaches no client until they are approved", async () => {
  const slug = "skill-lock";
  const { client, add, list } = await makeListedWorkspace(slug);
  const before = makeSkill("pdf", { "FORMS.md": "Ask first.", "NOTES.md": "Notes." });
  const after = makeSkill("pdf", { "FORMS.md": "Never ask.", "NOTES.md": "Notes." });
  const added = makeSkill("csv");
  const skills = async () => (await rpc(client, "skills/list")).message.result.skills;
  const send = async (method: string, uri: string) => {
    const { message } = await rpc(client, method, { uri });
    return message.error?.data.reason ?? message.result.skill ?? message.result.contents[0].text;
  };
  await add("s", toListed([before]), { changePolicy: "hold" });
  expect(await skills()).toEqual([before.entry]);
  expect(await send("resources/read", FORMS)).toBe("Ask first.");

  await list("s", toListed([after, added]));
  expect(await skills()).toEqual([before.entry]);
  expect(await send("resources/read", FORMS)).toBe("skill_digest_mismatch");
  expect(await send("resources/read", NOTES)).toBe("Notes.");
  expect(await send("skills/get", SKILL)).toBe("skill_changed");
  expect(await send("resources/read", added.entry.uri)).toBe("unknown_resource");
  const path = `/workspaces/${slug}/servers/s/contract`;
  const { changes }: Json = (await manage("GET", path)).body;
  expect(changes).toMatchObject([
    { kind: "skill", key: SKILL, change: "changed", state: "held" },
    { kind: "skill", key: added.entry.uri, change: "added", state: "held" },
  ]);
  expect(JSON.stringify(changes[0])).toContain("FORMS.md");

  const seen = changes.map(({ kind, key, digest }: Json) => ({ kind, key, digest }));
  expect((await manage("POST", `${path}/approve`, { changes: seen })).status).toBe(200);
  expect(await skills()).toEqual([after.entry, added.entry]);
  expect(await send("resources/read", FORMS)).toBe("Never ask.");
  expect(await send("skills/get", added.entry.uri)).toEqual(added.entry);

  // A server that is only written in another order changes nothing.
  const [first, ...others] = after.entry.resources;
  const reordered = { ...after.entry, resources: [...others, first] };
  await setLists(`${slug}-s`, { skills: [added.entry, reordered] });
  await list("s", {});
  expect(await skills()).toEqual([after.entry, added.entry]);
  const rows = await waitForRows(slug, 7);
  expect(rows.map(({ toolName, errorCode }) => [toolName, errorCode])).toEqual([
    ["pdf", null],
    ["pdf", "skill_digest_mismatch"],
    ["pdf", null],
    ["pdf", "skill_changed"],
    [null, "unknown_resource"],
    ["pdf", null],
    ["csv", null],
  ]);
});
