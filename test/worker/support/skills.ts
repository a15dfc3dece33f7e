import { createHash } from "node:crypto";
import { setLists, type Listed } from "./listed-servers.ts";

/** A skill as its server lists it, with the results of reading its files. */
interface TestSkill {
  entry: { uri: string; frontmatter: Record<string, unknown>; resources: TestFile[] };
  files: Record<string, { contents: unknown[] }>;
}
interface TestFile {
  uri: string;
  digest: string;
  size: number;
}

/** Makes a skill with a SKILL.md and other files. `path`: its path, which ends in its name. */
export function makeSkill(
  path: string,
  files: Record<string, string> = {},
  frontmatter: Record<string, unknown> = {},
): TestSkill {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const root = `skill://${path}/`;
  const description = `What ${name} is for`;
  const manifest = `---\nname: ${name}\ndescription: ${description}\n---\n\nRead the files of ${path}.\n`;
  const texts = Object.entries({ "SKILL.md": manifest, ...files });
  return {
    entry: {
      uri: `${root}SKILL.md`,
      frontmatter: { name, description, ...frontmatter },
      resources: texts.map(([file, text]) => toFile(root + file, text)),
    },
    files: Object.fromEntries(
      texts.map(([file, text]) => [
        root + file,
        { contents: [{ uri: root + file, mimeType: "text/markdown", text }] },
      ]),
    ),
  };
}

/** A file of a list of skills, as its text is. */
export function toFile(uri: string, text: string): TestFile {
  const digest = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  return { uri, digest, size: Buffer.byteLength(text) };
}

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
