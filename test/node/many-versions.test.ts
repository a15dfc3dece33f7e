import { isDeepStrictEqual } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { manage } from "../../scripts/management-client.ts";
import { openD1File } from "../fixtures/d1-file.ts";
import { startLocalGateway, type LocalGateway } from "../fixtures/local-gateway.ts";

const SLUG = "many-versions";
const PATH = `/workspaces/${SLUG}`;
const CHANGES = 1_000;
const RETURNS = 50;
/** Characters of all versions: a version lists what differs, and each state of an entry is stored once. */
const MAX_STORED = 2_000_000;

const Created = z.object({ id: z.string() });
const Versions = z.object({ items: z.array(z.object({ number: z.int() })) });
const Restored = z.object({ plan: z.object({ notApplied: z.array(z.unknown()) }) });

let gateway: LocalGateway;

beforeAll(async () => {
  gateway = await startLocalGateway();
}, 120_000);

afterAll(() => gateway.stop());

/** Numbers that look random and are the same in each run (a linear congruential generator). */
function makeRandom(): (below: number) => number {
  let state = 20_261_130;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Random = ReturnType<typeof makeRandom>;

/** Makes a random change. The servers are disabled: nothing checks them. Returns the slugs afterwards. */
async function makeChange(
  random: Random,
  slugs: string[],
  members: string[],
  step: number,
): Promise<string[]> {
  const one = <T>(values: T[]): T => values[random(values.length)] as T;
  const slug = one(slugs);
  const update = async (patch: object) => {
    await send("PATCH", `/servers/${slug}`, patch);
    return slugs;
  };
  const remove = async () => {
    await send("DELETE", `/servers/${slug}`);
    return slugs.filter((other) => other !== slug);
  };
  switch (random(8)) {
    case 0: {
      if (slugs.length > 25) return remove();
      const added = `s${step}`;
      await addServer(added);
      return [...slugs, added];
    }
    case 1:
      return slugs.length > 5 ? remove() : update({ name: `Name ${step}` });
    case 2: {
      const at = random(slugs.length);
      const order = [...slugs.slice(at), ...slugs.slice(0, at)];
      await send("PUT", "/servers-order", { slugs: order });
      return order;
    }
    case 3:
      await send("PATCH", "", { enforcement: random(2) === 0 });
      return slugs;
    case 4:
      return update({ prefix: `p${step}` });
    case 5:
      return update({ headers: { "x-step": String(step) } });
    default: {
      const rules = slugs.filter(() => random(3) === 0).map((other) => `${other}:*`);
      await send("PUT", `/members/${one(members)}/rules`, { rules });
      return slugs;
    }
  }
}

function send(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object) {
  return manage(gateway.api, method, PATH + path, body);
}

function addServer(slug: string) {
  return send("POST", "/servers", { slug, url: `https://${slug}.example/mcp`, enabled: false });
}

test(
  `after ${CHANGES} random changes, a return to each of ${RETURNS} versions makes the configuration of then`,
  { timeout: 240_000 },
  async () => {
    await manage(gateway.api, "POST", "/workspaces", { slug: SLUG, name: SLUG });
    const members: string[] = [];
    for (let i = 0; i < 10; i++)
      members.push(Created.parse(await send("POST", "/members", { name: `M${i}` })).id);
    let slugs = Array.from({ length: 10 }, (_, i) => `f${i}`);
    for (const slug of slugs) await addServer(slug);
    const random = makeRandom();
    const versions: { number: number; state: unknown }[] = [];
    for (let step = 0; step < CHANGES; step++) {
      slugs = await makeChange(random, slugs, members, step);
      if (step % (CHANGES / RETURNS) !== 0) continue;
      const { items } = Versions.parse(await send("GET", "/versions?limit=1"));
      versions.push({ number: items[0]?.number ?? 0, state: await send("GET", "/configuration") });
    }
    expect(versions).toHaveLength(RETURNS);
    for (const { number, state } of versions.toSorted(() => random(3) - 1)) {
      const restored = Restored.parse(await send("POST", `/versions/${number}/restore`, {}));
      expect(restored.plan.notApplied).toEqual([]);
      const now = await send("GET", "/configuration");
      expect({ number, isSame: isDeepStrictEqual(now, state) }).toEqual({ number, isSame: true });
    }
    await gateway.pause();
    const database = await openD1File(gateway.stateDir);
    const sizes = database
      .prepare(
        "SELECT sum(length(parts)) AS parts, (SELECT sum(length(document)) FROM version_parts) AS documents FROM workspace_versions",
      )
      .get();
    database.close();
    await gateway.resume();
    expect(sizes?.["parts"]).toBeLessThan(MAX_STORED);
    expect(sizes?.["documents"]).toBeLessThan(MAX_STORED);
  },
);
