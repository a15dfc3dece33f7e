import { beforeAll, describe, expect, test } from "vitest";
import { passesFilter } from "../../../workers/scim/evaluate.ts";
import { parseFilter } from "../../../workers/scim/filter.ts";
import { USER_SCHEMA } from "../../../workers/scim/schemas.ts";
import { manage, type Json } from "../support/management-client.ts";
import { ENTERPRISE, errorOf, ScimClient } from "../support/scim-client.ts";

const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

async function openDirectory(slug: string): Promise<ScimClient> {
  await manage("POST", "/workspaces", { slug, name: slug });
  return ScimClient.open(slug);
}

const PEOPLE = [
  {
    userName: "Ada",
    externalId: "A1",
    displayName: "Ada Lovelace",
    name: { familyName: "Lovelace", givenName: "Ada" },
    emails: [
      { value: "ada@work.example", type: "work", primary: true },
      { value: "ada@home.example", type: "home" },
    ],
    title: 'Chief "Countess"',
    [ENTERPRISE]: { department: "Engines", employeeNumber: "7" },
  },
  { userName: "ben", externalId: "a1", emails: [{ value: "ben@home.example", type: "home" }] },
  { userName: "cy", displayName: "Cy (and) Co", title: "Cook", active: false },
];

/** The filter, and the users that it finds. */
const FILTERS: [filter: string, found: string][] = [
  ['userName eq "ADA"', "Ada"],
  ['USERNAME Eq "ada"', "Ada"],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ada"', "Ada"],
  ['userName ne "ada"', "ben cy"],
  ['externalId eq "a1"', "ben"],
  ['externalId eq "A1"', "Ada"],
  ['externalId co "1"', "Ada ben"],
  ['userName co "D"', "Ada"],
  ['userName sw "B"', "ben"],
  ['displayName ew "CO"', "cy"],
  ['displayName eq "Cy (and) Co"', "cy"],
  ['title eq "chief \\"countess\\""', "Ada"],
  ["title pr", "Ada cy"],
  ["not (title pr)", "ben"],
  ["name pr", "Ada"],
  ['name.familyName sw "love"', "Ada"],
  ["title eq null", "ben"],
  ["title ne null", "Ada cy"],
  ["active eq true", "Ada ben"],
  ['active eq "False"', "cy"],
  ["active ne true", "cy"],
  ['userName gt "ada"', "ben cy"],
  ['userName ge "ben"', "ben cy"],
  ['userName lt "ben"', "Ada"],
  ['userName le "ben"', "Ada ben"],
  ['emails eq "ben@home.example"', "ben"],
  ['emails.value co "home"', "Ada ben"],
  ['emails.type eq "work"', "Ada"],
  ['emails.type ne "home"', "cy"],
  ['emails[type eq "home"]', "Ada ben"],
  ['emails[type eq "work" and value co "home"]', ""],
  ['emails[type eq "work" and (value co "x" or primary eq true)]', "Ada"],
  ['emails[not (type eq "home")]', "Ada"],
  ['emails[type eq "work"].value eq "ada@work.example"', "Ada"],
  ['emails[type eq "home"].value sw "ada" or title eq "cook"', "Ada cy"],
  [`${ENTERPRISE}:department eq "engines"`, "Ada"],
  [`${ENTERPRISE}:employeeNumber pr`, "Ada"],
  ['userName eq "ada" or userName eq "ben" and title pr', "Ada"],
  ['(userName eq "ada" or userName eq "ben") and title pr', "Ada"],
  ['userName eq "cy" and not (active eq true)', "cy"],
  ['not (userName eq "ada") and not (userName eq "ben")', "cy"],
  ['meta.created gt "2001-01-01T00:00:00Z"', "Ada ben cy"],
  ['meta.lastModified lt "2001-01-01T00:00:00Z"', ""],
  ['meta.resourceType eq "User"', "Ada ben cy"],
  ['phoneNumbers.value eq "1"', ""],
  ["password pr", ""],
];

/** Filters that cannot be read. */
const INVALID = [
  "userName",
  "userName eq",
  'userName is "a"',
  "userName eq ada",
  "userName eq 5",
  'active gt "true"',
  "active co true",
  "active eq 1",
  'nothing eq "a"',
  'name eq "a"',
  'userName eq "a" and',
  'userName eq "a" userName eq "b"',
  '(userName eq "a"',
  'userName eq "a")',
  'not userName eq "a"',
  'emails[type eq "work"',
  'userName[value eq "a"]',
  'emails[nothing eq "a"]',
  'emails[type eq "work"].nothing eq "a"',
  'userName eq "a\\q"',
  'userName eq "a',
  'meta.created gt "yesterday"',
  "(".repeat(60) + "title pr" + ")".repeat(60),
];

describe("the filter of a list", () => {
  let directory: ScimClient;
  beforeAll(async () => {
    directory = await openDirectory("scim-filters");
    for (const person of PEOPLE) await directory.createUser(person);
  });

  test.each(FILTERS)("%s", async (filter, found) => {
    const names = (await directory.find("/Users", filter)).map(({ userName }) => userName);
    expect(names.join(" ")).toBe(found);
  });

  test.each(INVALID)("is refused: %s", async (filter) => {
    const query = `?filter=${encodeURIComponent(filter)}`;
    expect(errorOf(await directory.send("GET", `/Users${query}`))).toBe("400 invalidFilter");
  });

  test("finds users and groups by id, by name and by member, and is the same by POST", async () => {
    const [ada] = await directory.find("/Users", 'userName eq "ada"');
    const group = await directory.createGroup("Ops", [ada.id], { externalId: "g1" });
    const filters = [
      `id eq "${group.id}" and members eq "${ada.id}"`,
      `members[value eq "${ada.id}"]`,
      'displayName eq "OPS"',
      'externalId eq "g1"',
    ];
    for (const filter of filters)
      expect((await directory.find("/Groups", filter)).map(({ id }) => id)).toEqual([group.id]);
    expect(await directory.find("/Groups", 'externalId eq "G1"')).toEqual([]);
    const byGroup = await directory.find("/Users", `groups.value eq "${group.id}"`);
    expect(byGroup.map(({ userName }) => userName)).toEqual(["Ada"]);
    const search = (path: string, body: object) =>
      directory.send("POST", `${path}/.search`, { schemas: [SEARCH], ...body });
    const users = await search("/Users", { filter: "title pr", attributes: ["userName"] });
    expect(users.body.Resources.map(({ userName }: Json) => userName)).toEqual(["Ada", "cy"]);
    expect(Object.keys(users.body.Resources[0]).toSorted()).toEqual(["id", "schemas", "userName"]);
    const both = await search("", { filter: 'displayName sw "O" or displayName sw "Cy"' });
    expect(both.body.Resources.map(({ displayName }: Json) => displayName)).toEqual([
      "Cy (and) Co",
      "Ops",
    ]);
    expect(errorOf(await directory.send("POST", "/Users/.search", {}))).toBe("400 invalidSyntax");
  });

  test("leaves the choice of attributes to the caller; id and schemas are always there", async () => {
    const [{ id }] = await directory.find("/Users", 'userName eq "ada"');
    const keys = async (query: string) =>
      Object.keys((await directory.send("GET", `/Users/${id}?${query}`)).body).toSorted();
    expect(await keys("attributes=USERNAME,emails")).toEqual([
      "emails",
      "id",
      "schemas",
      "userName",
    ]);
    expect(await keys("excludedAttributes=emails,id,meta,name,groups,title,displayName")).toEqual([
      "active",
      "externalId",
      "id",
      "schemas",
      ENTERPRISE,
      "userName",
    ]);
    const { body } = await directory.send(
      "GET",
      `/Users/${id}?attributes=name.givenName,emails.value`,
    );
    expect(body).toMatchObject({ name: { givenName: "Ada" }, id });
    expect(body.name.familyName).toBeUndefined();
    expect(body.emails[0]).toEqual({ value: "ada@work.example" });
  });
});

test("a list of more than 25 users has each of them once, in the same order, page by page", async () => {
  const directory = await openDirectory("scim-pages");
  const names = Array.from({ length: 27 }, (_, index) => `user-${index}`);
  for (const userName of names) await directory.createUser({ userName });
  const page = async (query: string) => (await directory.send("GET", `/Users?${query}`)).body;
  const seen: string[] = [];
  for (let startIndex = 1; startIndex <= 27; startIndex += 10) {
    const body = await page(`startIndex=${startIndex}&count=10`);
    expect(body).toMatchObject({
      totalResults: 27,
      startIndex,
      itemsPerPage: startIndex < 21 ? 10 : 7,
    });
    seen.push(...body.Resources.map(({ userName }: Json) => userName));
  }
  expect(seen.toSorted()).toEqual(names.toSorted());
  const all = (await page("")).Resources.map(({ userName }: Json) => userName);
  expect(all).toEqual(seen);
  expect(await page("count=0")).toEqual({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    totalResults: 27,
    startIndex: 1,
    itemsPerPage: 0,
  });
  expect(await page("startIndex=-3&count=2")).toMatchObject({ startIndex: 1, itemsPerPage: 2 });
  expect(await page("startIndex=28")).toMatchObject({
    totalResults: 27,
    itemsPerPage: 0,
    Resources: [],
  });
  const filtered = await page(`count=5&filter=${encodeURIComponent('userName sw "user-1"')}`);
  expect(filtered).toMatchObject({ totalResults: 11, itemsPerPage: 5 });
  expect(errorOf(await directory.send("GET", "/Users?count=many"))).toBe("400 invalidValue");
});

describe("a filter of any form", () => {
  /** Evaluates the same expression as the text says, without a parser. */
  type Expression = { text: string; passes: (resource: Json) => boolean };

  /** Numbers that are the same in every run (mulberry32). */
  function makeRandom(seed: number): () => number {
    let state = seed;
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    };
  }

  const LETTERS = ["a", "B", "ab", "ba", "A"];
  const TESTS: Record<string, (own: string, value: string) => boolean> = {
    eq: (own, value) => own === value,
    ne: (own, value) => own !== value,
    co: (own, value) => own.includes(value),
    sw: (own, value) => own.startsWith(value),
    ew: (own, value) => own.endsWith(value),
    gt: (own, value) => own > value,
    ge: (own, value) => own >= value,
    lt: (own, value) => own < value,
    le: (own, value) => own <= value,
  };

  function makeExpression(random: () => number, depth: number): Expression {
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const kind = depth === 0 ? 0 : Math.floor(random() * 4);
    if (kind === 1) {
      const inner = makeExpression(random, depth - 1);
      return { text: `not (${inner.text})`, passes: (own) => !inner.passes(own) };
    }
    if (kind > 1) {
      const [left, right] = [makeExpression(random, depth - 1), makeExpression(random, depth - 1)];
      return kind === 2
        ? {
            text: `(${left.text}) and (${right.text})`,
            passes: (own) => left.passes(own) && right.passes(own),
          }
        : {
            text: `(${left.text}) or (${right.text})`,
            passes: (own) => left.passes(own) || right.passes(own),
          };
    }
    const name = pick(["userName", "title", "nickName"]);
    if (random() < 0.15) return { text: `${name} pr`, passes: (own) => own[name] !== undefined };
    const [operator, check] = pick(Object.entries(TESTS));
    const value = pick(LETTERS);
    return {
      text: `${name} ${operator} "${value}"`,
      passes: (own) =>
        own[name] === undefined
          ? operator === "ne"
          : check(String(own[name]).toLowerCase(), value.toLowerCase()),
    };
  }

  test("passes what a simple evaluation of the same expression passes", () => {
    const random = makeRandom(7_643);
    for (let round = 0; round < 500; round++) {
      const expression = makeExpression(random, 4);
      const filter = parseFilter(expression.text, USER_SCHEMA);
      for (let person = 0; person < 6; person++) {
        const own = Object.fromEntries(
          ["userName", "title", "nickName"].flatMap((name) =>
            random() < 0.7 ? [[name, LETTERS[Math.floor(random() * LETTERS.length)]]] : [],
          ),
        );
        expect([expression.text, own, passesFilter(filter, own)]).toEqual([
          expression.text,
          own,
          expression.passes(own),
        ]);
      }
    }
  });
});
