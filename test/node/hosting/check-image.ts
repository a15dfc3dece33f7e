import Docker from "dockerode";
import { engineProblem } from "../container-host/engine-problem.ts";

/** The id of the image that checks generated servers; null: tests that need it are skipped, in CI it is an error. */
export const checkImage = engineProblem === null ? await findImage() : null;

async function findImage(): Promise<string | null> {
  const image = new Docker({ timeout: 2_000 }).getImage("mcpnest-check");
  const found = await image.inspect().catch(() => null);
  if (found) return found.Id;
  const problem = "the image mcpnest-check does not exist (bridge/image/build.sh builds it)";
  if (process.env["CI"] === "true") throw new Error(problem);
  console.log(`Skipped: ${problem}`);
  return null;
}
