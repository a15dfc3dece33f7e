import { expect, test } from "vitest";
import type { Command } from "../../../workers/contract/rpc/commands.ts";
import { bindings, change, makeWorkspace } from "../support/gateway-client.ts";
import { manage, type Json } from "../support/management-client.ts";

const SLUG = "many-versions";
const CHANGES = 1_000;
const RETURNS = 50;

/** Numbers that look random and are the same in each run (a linear congruential generator). */
function makeRandom(): (below: number) => number {
  let state = 20_261_130;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Random = ReturnType<typeof makeRandom>;

/** Disabled servers, which no change checks. */
function pickChange(random: Random, slugs: string[], members: string[], step: number): Command {
  const one = <T>(values: T[]): T => values[random(values.length)] as T;
  const slug = one(slugs);
  switch (random(8)) {
    case 0:
      if (slugs.length > 25) return { type: "server.delete", slug };
      return {
        type: "server.create",
        input: { slug: `s${step}`, url: `https://s${step}.example/mcp`, enabled: false },
      };
    case 1:
      if (slugs.length > 5) return { type: "server.delete", slug };
      return { type: "server.update", slug, patch: { name: `Name ${step}` } };
    case 2: {
      const at = random(slugs.length);
      return {
        type: "server.reorder",
        order: { slugs: [...slugs.slice(at), ...slugs.slice(0, at)] },
      };
    }
    case 3:
      return { type: "workspace.update", patch: { enforcement: random(2) === 0 } };
    case 4:
      return { type: "server.update", slug, patch: { prefix: `p${step}` } };
    case 5:
      return { type: "server.update", slug, patch: { headers: { "x-step": String(step) } } };
    default: {
      const rules = slugs.filter(() => random(3) === 0).map((one) => `${one}:*`);
      return { type: "member.rules", id: one(members), rules };
    }
  }
}

test("after 1,000 random changes, a return to each of 50 versions makes the configuration of then", async () => {
  await makeWorkspace(SLUG, {});
  const members: string[] = [];
  for (let i = 0; i < 10; i++) {
    const { member } = await change(SLUG, { type: "member.create", input: { name: `M${i}` } });
    members.push(member.id);
  }
  const random = makeRandom();
  const slugs: string[] = [];
  for (let i = 0; i < 10; i++) {
    const input = { slug: `f${i}`, url: `https://f${i}.example/mcp`, enabled: false };
    await change(SLUG, { type: "server.create", input });
    slugs.push(input.slug);
  }
  const configuration = async (): Promise<Json> =>
    (await manage("GET", `/workspaces/${SLUG}/configuration`)).body;
  const versions: { number: number; state: Json }[] = [];
  for (let step = 0; step < CHANGES; step++) {
    const command = pickChange(random, slugs, members, step);
    await change(SLUG, command);
    if (command.type === "server.create") slugs.push(command.input.slug);
    if (command.type === "server.delete") slugs.splice(slugs.indexOf(command.slug), 1);
    if (command.type === "server.reorder") slugs.splice(0, slugs.length, ...command.order.slugs);
    if (step % (CHANGES / RETURNS) !== 0) continue;
    const { items } = (await manage("GET", `/workspaces/${SLUG}/versions?limit=1`)).body;
    versions.push({ number: items[0].number, state: await configuration() });
  }
  for (const { number, state } of versions.toSorted(() => random(3) - 1)) {
    const restored = await manage("POST", `/workspaces/${SLUG}/versions/${number}/restore`, {});
    expect(restored.status).toBe(200);
    expect(restored.body.plan.notApplied).toEqual([]);
    expect(await configuration()).toEqual(state);
  }
  const sizes = await bindings.DB.prepare(
    `SELECT count(*) AS versions, sum(length(parts)) AS parts,
      (SELECT sum(length(document)) FROM version_parts p WHERE p.workspace_id = v.workspace_id) AS documents
      FROM workspace_versions v WHERE workspace_id = (SELECT id FROM workspaces WHERE slug = ?)`,
  )
    .bind(SLUG)
    .first<{ versions: number; parts: number; documents: number }>();
  expect(sizes?.parts).toBeLessThan(2_000_000);
  expect(sizes?.documents).toBeLessThan(2_000_000);
}, 180_000);
