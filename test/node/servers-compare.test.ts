import { expect, test } from "vitest";
import { compareSnapshots } from "../servers/compare.ts";
import type { Definition, Snapshot } from "../servers/snapshot.ts";

const view = { exposeName: (_list: string, name: string) => `p_${name}`, warnings: [] };

test("definitions that differ only by documented changes have no unexpected difference", () => {
  const direct = makeSnapshot([{ name: "add", execution: { taskSupport: "forbidden" } }], "add it");
  const through = makeSnapshot([{ name: "p_add" }], "p_add it");
  expect(compareSnapshots(direct, through, [], view)).toEqual([
    {
      path: '$.tools["add"].execution',
      direct: { taskSupport: "forbidden" },
      through: undefined,
      reason: "`execution` is removed",
    },
  ]);
});

test("a changed, missing or moved definition and a changed result are unexpected, each with its path", () => {
  const schema = (type: string) => ({ inputSchema: { properties: { "a b": { type } } } });
  const direct = makeSnapshot([{ name: "x" }, { name: "y", ...schema("string") }, { name: "z" }]);
  const through = makeSnapshot([{ name: "p_y", ...schema("number") }, { name: "p_x" }]);
  direct.results = [{ content: [{ text: "1" }] }];
  through.results = [{ content: [{ text: "2" }] }];
  const differences = compareSnapshots(direct, through, ["1 x"], view);
  expect(differences.filter(({ reason }) => reason === null).map(({ path }) => path)).toEqual([
    '$.tools["y"].inputSchema.properties["a b"].type',
    '$.tools["z"]',
    "$.tools.order[0]",
    "$.tools.order[1]",
    '$.calls["1 x"].content[0].text',
  ]);
});

test("a definition that a warning names is documented by the warning", () => {
  const warning = 'tools/list: "x" has no input schema; it is left out';
  const direct = makeSnapshot([{ name: "x" }, { name: "xy" }]);
  const differences = compareSnapshots(direct, makeSnapshot([]), [], {
    ...view,
    warnings: [warning],
  });
  expect(differences.map(({ reason }) => reason)).toEqual([`warning: ${warning}`, null]);
});

function makeSnapshot(tools: Definition[], instructions: string | null = null): Snapshot {
  return {
    protocolVersion: "2025-11-25",
    capabilities: { tools: { listChanged: true } },
    instructions,
    lists: { tools, prompts: [], resources: [], resourceTemplates: [] },
    refused: {},
    listMs: 0,
    results: [],
  };
}
