import { runInDurableObject } from "cloudflare:test";
import { describe, expect, inject, test } from "vitest";
import {
  bindings,
  change,
  makeMember,
  makeWorkspace,
  post,
  type Client,
  type Message,
} from "../../support/gateway-client.ts";
import { openSession } from "../../support/notification-streams.ts";

interface Subscriber extends Client {
  session: string;
}

async function makeAnnouncing(slug: string) {
  const client = await makeWorkspace(slug, {});
  const url = `${inject("announcingUrl")}/legacy/${slug}`;
  await change(slug, { type: "server.create", input: { slug: "up", url } });
  return client;
}

async function openSubscriber(client: Client): Promise<Subscriber> {
  return { ...client, session: await openSession(client) };
}

async function subscribe(
  { slug, token, session }: Subscriber,
  resource = "a",
  method = "resources/subscribe",
): Promise<Message> {
  const params = { uri: `test://${slug}/${resource}` };
  const response = await post(
    { slug, token },
    { jsonrpc: "2.0", id: 1, method, params },
    { "mcp-session-id": session },
  );
  return response.json();
}

function inObject<T>(slug: string, work: (sql: SqlStorage) => T): Promise<T> {
  const stub = bindings.WORKSPACES.getByName(slug);
  return runInDurableObject(stub, (_instance, state) => work(state.storage.sql));
}

function countStored(slug: string): Promise<number> {
  return inObject(slug, (sql) =>
    Number(sql.exec("SELECT count(*) AS n FROM subscriptions").one()["n"]),
  );
}

const NUMBERS = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)`;

/** Stores more subscriptions, 500 a session, of the owner whose session has subscribed; null: of an unknown owner. */
function addStored(slug: string, owner: string | null, count: number): Promise<void> {
  return inObject(slug, (sql) => {
    sql.exec(
      `${NUMBERS} INSERT INTO subscriptions SELECT ? || (n / 500), 'test://' || n, ? FROM numbers`,
      count,
      `of ${owner} `,
      Date.now() + 1_000_000,
    );
    if (owner !== null)
      sql.exec(
        `${NUMBERS} INSERT INTO subscribed_sessions SELECT owner, ? || n, digest
         FROM (SELECT * FROM subscribed_sessions WHERE owner = ? LIMIT 1), (SELECT n - 1 AS n FROM numbers)`,
        Math.floor(count / 500) + 1,
        `of ${owner} `,
        owner,
      );
  });
}

describe("limits of resource subscriptions", () => {
  test("a member has at most 2,000 subscriptions in all sessions, and a neighbour still subscribes", async () => {
    await makeAnnouncing("owner-cap");
    const member = await makeMember("owner-cap", ["up:*"]);
    const neighbour = await makeMember("owner-cap", ["up:*"]);
    const mine = await openSubscriber({ slug: "owner-cap", token: member.token });
    const theirs = await openSubscriber({ slug: "owner-cap", token: neighbour.token });
    expect(await subscribe(mine)).toHaveProperty("result");
    await addStored("owner-cap", member.memberId, 1_999);
    const refused = await subscribe(await openSubscriber(mine));
    expect(refused.error?.message).toContain("All sessions of this user together");
    expect(refused.error?.data.reason).toBe("too_many_subscriptions");
    expect(await subscribe(mine)).toHaveProperty("result");
    expect(await subscribe(theirs)).toHaveProperty("result");
  });

  test("the subscriptions of a member end with the member, and those of a token with its value", async () => {
    const client = await makeAnnouncing("owner-end");
    const member = await makeMember("owner-end", ["up:*"]);
    const mine = await openSubscriber({ slug: "owner-end", token: member.token });
    await subscribe(await openSubscriber(client));
    await subscribe(mine);
    await addStored("owner-end", member.memberId, 1_000);
    expect(await countStored("owner-end")).toBe(1_002);
    await change("owner-end", { type: "member.delete", id: member.memberId });
    expect(await countStored("owner-end")).toBe(1);
    const { tokenId: id } = client;
    const { token } = await change("owner-end", { type: "token.rotate", id });
    expect(await countStored("owner-end")).toBe(0);
    await subscribe(await openSubscriber({ slug: "owner-end", token }));
    await change("owner-end", { type: "token.revoke", id });
    expect(await countStored("owner-end")).toBe(0);
  });

  test("a session without subscriptions, unsubscribed or expired, leaves nothing in storage", async () => {
    const client = await makeAnnouncing("owner-left");
    const [first, second] = [await openSubscriber(client), await openSubscriber(client)];
    const countSessions = () =>
      inObject("owner-left", (sql) =>
        Number(sql.exec("SELECT count(*) AS n FROM subscribed_sessions").one()["n"]),
      );
    await subscribe(first);
    await subscribe(first, "b");
    await subscribe(second);
    await subscribe(first, "a", "resources/unsubscribe");
    expect(await countSessions()).toBe(2);
    await subscribe(first, "b", "resources/unsubscribe");
    expect(await countSessions()).toBe(1);
    await inObject("owner-left", (sql) => void sql.exec("UPDATE subscriptions SET expires_at = 1"));
    await subscribe(first);
    expect(await countSessions()).toBe(1);
    expect(await countStored("owner-left")).toBe(1);
  });

  test("each limit of subscriptions has its own message", async () => {
    const client = await openSubscriber(await makeAnnouncing("sub-texts"));
    const longUri = await subscribe(client, "x".repeat(3_000));
    expect(longUri.error?.message).toContain("more than 2048 characters");
    await addStored("sub-texts", null, 20_000);
    const full = await subscribe(client);
    expect(full.error?.message).toContain("All sessions of this workspace together");
  });
});
