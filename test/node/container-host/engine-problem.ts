import { execFileSync } from "node:child_process";

/** The reason why tests with a real engine cannot run; null: they can. They are skipped, in CI it is an error. */
export const engineProblem = findProblem();
if (engineProblem !== null) {
  if (process.env["CI"] === "true") throw new Error(`No container engine: ${engineProblem}`);
  console.log(`Skipped, no container engine: ${engineProblem}`);
}

function findProblem(): string | null {
  if (process.env["MCPNEST_NO_DOCKER"] === "1") return "MCPNEST_NO_DOCKER is set";
  if (process.platform !== "linux") return "these tests need Linux";
  if (process.getuid?.() !== 0) return "only root can make network namespaces and start an engine";
  const missing = ["dockerd", "iptables", "nsenter", "unshare", "ip"].find(
    (command) => !has(command),
  );
  return missing
    ? `${missing} is not installed (scripts/start-docker.sh installs it on Debian)`
    : null;
}

function has(command: string): boolean {
  try {
    execFileSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
