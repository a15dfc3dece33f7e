import { expect, test } from "vitest";
import { makeOwner } from "../support/browser.ts";
import { breakDatabase } from "../support/full-database.ts";
import { refusalOf } from "../support/management-client.ts";
import { OauthClient } from "../support/oauth-client.ts";
import { exchange, Issuer, toResource } from "../support/workload.ts";

test("while the database does not answer, OAuth requests are to be sent again, and work then", async () => {
  const slug = "oauth-down";
  const owner = await makeOwner(slug);
  const client = await OauthClient.signedIn(slug, owner);
  const query = client.toQuery();
  const code = (await client.consent(owner, null, query)).searchParams.get("code") ?? "";
  const issuer = await Issuer.open(slug);
  const jwt = await issuer.sign({ aud: toResource(slug) });
  const repair = breakDatabase();
  const answers = [
    await new OauthClient(slug).register(),
    await client.redeem(code),
    await client.refresh(),
    await exchange(slug, jwt),
  ];
  for (const { status, body } of answers) {
    expect([status, body.error]).toEqual([503, "temporarily_unavailable"]);
    expect(body.error_description).toContain("Try again in a few seconds");
  }
  const answer = { decision: "allow", query, workspace: slug, tools: null };
  for (const consent of [
    await owner.send("GET", `/oauth/authorization?${query}`),
    await owner.send("POST", "/oauth/authorization", answer),
  ])
    expect(refusalOf(consent)).toMatch(/^503 unavailable: The database does not answer now/);
  repair();
  expect((await client.refresh()).status).toBe(200);
  expect((await client.redeem(code)).status).toBe(200);
});
