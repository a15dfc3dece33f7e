import { expect, test } from "vitest";
import { makeRandom } from "../../bench/catalogue-entries.ts";
import { change, modernRpc, rpc, type Client } from "../support/gateway-client.ts";
import { makeListedWorkspace, type Listed } from "../support/listed-servers.ts";
import { manage } from "../support/management-client.ts";

const METHODS = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"];
/** Names that servers share, and that are names for clients of others. */
const NAMES = ["pay", "list", "a_pay", "s1__pay", "b_list", "s0__list"];
const PREFIXES = [null, null, null, "a", "b", "s1_"];
const SERVERS = 4;
const STEPS = 6;

/** What clients of both eras get of all lists, byte for byte. */
async function readLists(client: Client): Promise<string> {
  const texts: string[] = [];
  for (const method of METHODS) {
    texts.push(JSON.stringify((await rpc(client, method)).message.result));
    const { result } = (await modernRpc(client, method)).message;
    texts.push(JSON.stringify({ ...result, ttlMs: 0 }));
  }
  return texts.join("\n");
}

function makeChooser(seed: number) {
  const random = makeRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const one = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  const some = <T>(values: readonly T[]): T[] => values.filter(() => random() < 0.5);
  return { below, one, some };
}

type Chooser = ReturnType<typeof makeChooser>;

function drawLists({ some }: Chooser): Listed {
  return {
    tools: some(NAMES),
    prompts: some(NAMES),
    resources: some(["x://1", "x://2"]),
    resourceTemplates: some(["y://{id}", "y://1/{id}"]),
  };
}

/** Sets another prefix, order or state of a server, or removes one. */
async function makeChange(slug: string, slugs: string[], { below, one, some }: Chooser) {
  const server = one(slugs);
  const first = some(slugs);
  const rest = slugs.filter((other) => !first.includes(other));
  switch (below(5)) {
    case 0:
      return change(slug, { type: "server.reorder", order: { slugs: [...rest, ...first] } });
    case 1:
      return change(slug, {
        type: "server.update",
        slug: server,
        patch: { enabled: below(2) === 0 },
      });
    case 2:
      if (slugs.length < 2) return;
      slugs.splice(slugs.indexOf(server), 1);
      return change(slug, { type: "server.delete", slug: server });
    default:
      return change(slug, {
        type: "server.update",
        slug: server,
        patch: { prefix: one(PREFIXES) },
      });
  }
}

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
  "random servers and changes %i: a return gives all lists of then, and a rebuilt workspace those of now, byte for byte",
  async (seed) => {
    const slug = `random-names-${seed}`;
    const chooser = makeChooser(seed);
    const { client, add } = await makeListedWorkspace(slug);
    const slugs: string[] = [];
    for (let index = 0; index < SERVERS; index++) {
      const server = `s${index}`;
      await add(server, drawLists(chooser), { prefix: chooser.one(PREFIXES) });
      await readLists(client);
      slugs.push(server);
    }
    await makeChange(slug, slugs, chooser);
    await readLists(client);
    // A version has the names of the lists that are known when it is made.
    await change(slug, { type: "workspace.update", patch: { name: "Then" } });
    const then = await readLists(client);
    const { body } = await manage("GET", `/workspaces/${slug}/versions?limit=1`);
    const { number } = body.items[0];
    for (let step = 0; step < STEPS; step++) {
      await makeChange(slug, slugs, chooser);
      await readLists(client);
    }
    const now = await readLists(client);
    const { body: document } = await manage("GET", `/workspaces/${slug}/configuration`);
    const rebuilt = await makeListedWorkspace(`${slug}-rebuilt`);
    const path = `/workspaces/${slug}-rebuilt/configuration`;
    const content = { format: document.format, servers: document.servers, names: document.names };
    const put = await manage("PUT", path, content);
    expect(put.status).toBe(200);
    expect(await readLists(rebuilt.client)).toBe(now);
    const restored = await manage("POST", `/workspaces/${slug}/versions/${number}/restore`, {});
    expect(restored.status).toBe(200);
    expect(await readLists(client)).toBe(then);
  },
);
