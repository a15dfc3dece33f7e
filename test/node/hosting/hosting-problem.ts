import Docker from "dockerode";
import { engineProblem } from "../container-host/engine-problem.ts";

/** The reason why hosted servers cannot be tested; null: they can. Tests are skipped, in CI it is an error. */
export const hostingProblem = engineProblem ?? (await findImageProblem());

async function findImageProblem(): Promise<string | null> {
  const image = new Docker({ timeout: 2_000 }).getImage("mcpnest-servers");
  const found = await image.inspect().catch(() => null);
  if (found) return null;
  const problem = "the image mcpnest-servers does not exist (bridge/image/build.sh builds it)";
  if (process.env["CI"] === "true") throw new Error(problem);
  console.log(`Skipped: ${problem}`);
  return problem;
}
