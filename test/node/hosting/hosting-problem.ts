import Docker from "dockerode";
import { engineProblem } from "../container-host/engine-problem.ts";

/** Why hosted servers cannot be tested here; null: they can. In CI that is a failure, elsewhere they are skipped. */
export const hostingProblem = engineProblem ?? (await findImageProblem());

async function findImageProblem(): Promise<string | null> {
  const image = new Docker({ timeout: 2_000 }).getImage("mcpnest-servers");
  const found = await image.inspect().catch(() => null);
  if (found) return null;
  const problem = "the image mcpnest-servers is not there (bridge/image/build.sh makes it)";
  if (process.env["CI"] === "true") throw new Error(problem);
  console.log(`Skipped: ${problem}`);
  return problem;
}
