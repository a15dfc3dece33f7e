import { makeSkill, toFile, type TestSkill } from "../../fixtures/skills.ts";
import { setLists, type Listed } from "./listed-servers.ts";

export { makeSkill, toFile };

/** What a server with these skills lists. */
export function toListed(skills: TestSkill[], more: Listed = {}): Listed {
  return {
    tools: ["work"],
    skills: skills.map(({ entry }) => entry),
    files: Object.assign({}, ...skills.map(({ files }) => files)),
    introduction: {
      capabilities: {
        tools: {},
        resources: {},
        extensions: { "io.modelcontextprotocol/skills": {} },
      },
    },
    ...more,
  };
}

/** Has a server answer reads with this from now on; its list stays. */
export function setFiles(name: string, files: Record<string, unknown>): Promise<string> {
  return setLists(name, { files });
}
