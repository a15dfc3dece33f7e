import { beforeAll, describe, expect, test } from "vitest";
import { manage, type Json } from "../support/management-client.ts";
import { ENTERPRISE, errorOf, ScimClient, USER } from "../support/scim-client.ts";

const WORK = { value: "ada@work.example", type: "work" };
const HOME = { value: "ada@home.example", type: "home" };
const ADA = {
  userName: "ada",
  title: "Countess",
  name: { familyName: "Lovelace", givenName: "Ada" },
  emails: [{ ...WORK, primary: true }, HOME],
};

let directory: ScimClient;
let made = 0;
beforeAll(async () => {
  await manage("POST", "/workspaces", { slug: "scim-shapes", name: "Shapes" });
  directory = await ScimClient.open("scim-shapes");
});

/** Makes a user and patches it. */
async function patchNew(operations: object[], user: object = ADA) {
  const { id } = await directory.createUser({ ...user, userName: `ada-${++made}` });
  return directory.patch(`/Users/${id}`, operations);
}

/** What an operation makes of a user. */
const CHANGES: [name: string, operations: object[], after: Json][] = [
  ["replaces a value", [{ op: "replace", path: "title", value: "Lady" }], { title: "Lady" }],
  ["removes a value", [{ op: "remove", path: "title" }], { title: undefined }],
  [
    "adds to a complex value",
    [{ op: "add", path: "name", value: { middleName: "B" } }],
    {
      name: { ...ADA.name, middleName: "B" },
    },
  ],
  [
    "replaces a part",
    [{ op: "replace", path: "name.givenName", value: "A." }],
    {
      name: { familyName: "Lovelace", givenName: "A." },
    },
  ],
  [
    "adds a value, and a new primary one is the only one",
    [{ op: "add", path: "emails", value: [{ value: "x@x.example", primary: true }] }],
    { emails: [{ ...WORK, primary: false }, { ...HOME }, { value: "x@x.example", primary: true }] },
  ],
  [
    "makes another value the primary one",
    [{ op: "replace", path: 'emails[type eq "home"].primary', value: true }],
    {
      emails: [
        { ...WORK, primary: false },
        { ...HOME, primary: true },
      ],
    },
  ],
  ["adds no value twice", [{ op: "add", path: "emails", value: HOME }], { emails: ADA.emails }],
  ["replaces all values", [{ op: "replace", path: "emails", value: [HOME] }], { emails: [HOME] }],
  [
    "replaces a part of one value",
    [{ op: "replace", path: 'emails[type eq "home"].value', value: "h@h.example" }],
    {
      emails: [
        { ...WORK, primary: true },
        { value: "h@h.example", type: "home" },
      ],
    },
  ],
  [
    "removes the values of a filter",
    [{ op: "remove", path: 'emails[value co "work"]' }],
    { emails: [HOME] },
  ],
  [
    "removes nothing that is not there",
    [{ op: "remove", path: 'emails[type eq "x"]' }],
    { emails: ADA.emails },
  ],
  [
    "has one operation see what the one before made",
    [
      { op: "remove", path: "emails" },
      { op: "add", path: "emails", value: [HOME] },
    ],
    { emails: [HOME] },
  ],
  [
    "has an attribute by its URN",
    [{ op: "add", path: `${ENTERPRISE}:department`, value: "E" }],
    {
      schemas: [USER, ENTERPRISE],
      [ENTERPRISE]: { department: "E" },
    },
  ],
  [
    "Entra: has names of operations with a capital, and booleans as text",
    [
      { op: "Replace", path: "active", value: "False" },
      { op: "Add", path: "title", value: "T" },
    ],
    { active: false, title: "T" },
  ],
  [
    "Entra: has dotted and extended names in an object without a path",
    [
      {
        op: "Add",
        value: { "name.givenName": "Eve", [`${ENTERPRISE}:department`]: "D", active: "True" },
      },
    ],
    {
      name: { familyName: "Lovelace", givenName: "Eve" },
      [ENTERPRISE]: { department: "D" },
      active: true,
    },
  ],
  [
    "Entra: adds the value that a filter describes",
    [{ op: "Add", path: 'emails[type eq "other"].value', value: "o@o.example" }],
    { emails: [...ADA.emails, { type: "other", value: "o@o.example" }] },
  ],
  [
    "Entra: names the manager by the id alone",
    [{ op: "Add", path: `${ENTERPRISE}:manager`, value: "m1" }],
    { [ENTERPRISE]: { manager: { value: "m1" } } },
  ],
  [
    "Entra: sends attributes that are not kept",
    [
      { op: "Add", path: 'phoneNumbers[type eq "work"].value', value: "1" },
      { op: "Add", path: "title", value: "T" },
    ],
    { title: "T", phoneNumbers: undefined },
  ],
  [
    "Okta: deactivates by an object without a path",
    [{ op: "replace", value: { active: false } }],
    { active: false },
  ],
  [
    "Okta: sends read-only attributes in an object, which change nothing",
    [{ op: "replace", value: { id: "x", meta: {}, title: "T" } }],
    { title: "T" },
  ],
];

/** Operations that are refused. */
const REFUSED: [operations: Json, error: string][] = [
  [[{ op: "replace", path: "nothing", value: 1 }], "400 invalidPath"],
  [[{ op: "replace", path: "emails[type eq", value: 1 }], "400 invalidPath"],
  [[{ op: "replace", path: 'name[givenName eq "a"]', value: {} }], "400 invalidPath"],
  [[{ op: "replace", path: 'emails[type eq "x"].value', value: "a" }], "400 noTarget"],
  [[{ op: "remove" }], "400 noTarget"],
  [[{ op: "replace", path: "id", value: "x" }], "400 mutability"],
  [[{ op: "add", path: "groups", value: [{ value: "x" }] }], "400 mutability"],
  [[{ op: "remove", path: "userName" }], "400 mutability"],
  [[{ op: "replace", path: "userName", value: "" }], "400 invalidValue"],
  [[{ op: "replace", path: "active", value: "maybe" }], "400 invalidValue"],
  [[{ op: "replace", path: "title", value: { a: 1 } }], "400 invalidValue"],
  [[{ op: "replace", value: "text" }], "400 invalidValue"],
  [
    [
      {
        op: "add",
        path: "emails",
        value: [
          { ...WORK, primary: true },
          { ...HOME, primary: true },
        ],
      },
    ],
    "400 invalidValue",
  ],
  [[{ op: "move", path: "title", value: "x" }], "400 invalidSyntax"],
  [[], "400 invalidSyntax"],
];

describe("a PATCH of a user", () => {
  test.each(CHANGES)("%s", async (_name, operations, after) => {
    const { status, body } = await patchNew(operations);
    expect([status, body.detail]).toEqual([200, undefined]);
    for (const [key, value] of Object.entries(after))
      expect([key, body[key]]).toEqual([key, value]);
  });

  test.each(REFUSED)("is refused as a whole: %j", async (operations, error) => {
    const { id } = await directory.createUser({ ...ADA, userName: `ada-${++made}` });
    const path = `/Users/${id}`;
    const first = { op: "replace", path: "title", value: "Changed" };
    const sent = operations.length === 0 ? [] : [first, ...operations];
    expect(errorOf(await directory.patch(path, sent))).toBe(error);
    expect((await directory.send("GET", path)).body.title).toBe("Countess");
  });
});

test("a group’s members change by the shapes of Entra and Okta", async () => {
  const ids: string[] = [];
  for (let count = 0; count < 3; count++)
    ids.push((await directory.createUser({ userName: `member-${count}` })).id);
  const [one = "", two = "", three = ""] = ids;
  const { id } = await directory.createGroup("Shapes");
  const after = async (operations: object[]) => {
    const { status, body } = await directory.patch(`/Groups/${id}`, operations);
    expect([status, body.detail]).toEqual([200, undefined]);
    return (body.members ?? []).map(({ value }: Json) => value);
  };
  const ref = (value: string) => ({ $ref: null, value });
  expect(await after([{ op: "Add", path: "members", value: ids.map(ref) }])).toEqual(
    ids.toSorted(),
  );
  expect(await after([{ op: "Remove", path: "members", value: [ref(one)] }])).toEqual(
    [two, three].toSorted(),
  );
  expect(await after([{ op: "remove", path: `members[value eq "${two}"]` }])).toEqual([three]);
  expect(
    await after([{ op: "add", value: { members: [{ value: one, display: "One" }] } }]),
  ).toEqual([one, three].toSorted());
  expect(await after([{ op: "replace", path: "members", value: [{ value: two }] }])).toEqual([two]);
  expect(await after([{ op: "replace", value: { id, displayName: "Renamed" } }])).toEqual([two]);
  expect(await after([{ op: "remove", path: "members" }])).toEqual([]);
  const fixed = { op: "replace", path: `members[value eq "${one}"].value`, value: two };
  expect(errorOf(await directory.patch(`/Groups/${id}`, [fixed]))).toBe("400 mutability");
  const short = await directory.send("GET", `/Groups/${id}?excludedAttributes=members`);
  expect(short.body).toMatchObject({ displayName: "Renamed" });
});
