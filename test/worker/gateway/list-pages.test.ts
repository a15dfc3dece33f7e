import { describe, expect, test } from "vitest";
import { readTools } from "../support/admit-request.ts";
import { change, makeMember, makeWorkspace, rpc, type Client } from "../support/gateway-client.ts";

const namesOf = (items: string | null) =>
  JSON.parse(items ?? "[]").map(({ name }: { name: string }) => name);

describe("the pages of a list", () => {
  test("a page has at most 2 Mi characters of items, and all pages have every item once", async () => {
    const client = await makeWorkspace("pages-by-length", {
      one: "/list/large-pages/one",
      two: "/list/large-pages/two",
    });
    // Each server has five tools of 400 KiB.
    const lengths: number[] = [];
    const names: string[] = [];
    for (let cursor: string | undefined; ;) {
      const { message } = await rpc(client, "tools/list", cursor ? { cursor } : {});
      const { tools, nextCursor } = message.result;
      lengths.push(JSON.stringify(tools).length);
      names.push(...tools.map(({ name }: { name: string }) => name));
      if (nextCursor === undefined) break;
      cursor = nextCursor;
    }
    expect(new Set(names).size).toBe(10);
    expect(names).toHaveLength(10);
    expect(lengths).toHaveLength(2);
    expect(Math.max(...lengths)).toBeLessThan(2.1 * 1024 * 1024);
  });
});

describe("the versions of a list", () => {
  test("members with the same rules share a version, and members with other rules have another", async () => {
    const slug = "shared-views";
    await makeWorkspace(slug, { s: "/ok", t: "/list/pages/shared-views" });
    const members = [
      ["s:echo", "t:t1"],
      ["t:t1", "s:echo"],
      ["s:echo", "t:t2"],
      ["s:*", "t:*"],
    ];
    const [one, same, other, all] = await Promise.all(
      members.map(async (rules) => ({ slug, ...(await makeMember(slug, rules)) })),
    );
    if (!one || !same || !other || !all) throw new Error("members are missing");
    const view = await readTools(one, null);
    expect(namesOf(view.items)).toEqual(["echo", "t1"]);
    expect(await readTools(same, view.etag)).toEqual({
      etag: view.etag,
      items: null,
      nextCursor: null,
    });
    const of = async (client: Client) => namesOf((await readTools(client, view.etag)).items);
    expect(await of(other)).toEqual(["echo", "t2"]);
    expect(await of(all)).toEqual(["echo", "add", "t0", "t1", "t2", "t3", "t4"]);
    await change(slug, { type: "member.rules", id: same.memberId, rules: ["s:add"] });
    expect(await of(same)).toEqual(["add"]);
  });

  test("a cursor of one member is invalid for a member with other rules", async () => {
    const slug = "foreign-cursor";
    await makeWorkspace(slug, { many: "/list/many-tools" });
    const one = { slug, ...(await makeMember(slug, ["many:*"])) };
    const same = { slug, ...(await makeMember(slug, ["many:*"])) };
    const other = { slug, ...(await makeMember(slug, ["many:t0", "many:t1"])) };
    const { nextCursor: cursor } = (await rpc(one, "tools/list")).message.result;
    expect((await rpc(same, "tools/list", { cursor })).message.result.tools).toHaveLength(1_000);
    expect((await rpc(other, "tools/list", { cursor })).message.error?.code).toBe(-32602);
  });
});
