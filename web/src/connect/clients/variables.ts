import { toShownToken, type Client, type Connection } from "./client.ts";
import type { System } from "./systems.ts";

/** Sets a variable so that the client sees it. `afterwards`: what must be started again. */
export interface VariableStep {
  command: string;
  afterwards: string;
}

/**
 * The command that sets the variable for good. Apps of macOS and Linux do not read the files of the shell; on Windows one
 * command serves both.
 */
export function toVariableStep(
  { kind, label }: Pick<Client, "kind" | "label">,
  system: System,
  connection: Connection,
): VariableStep {
  const { variable } = connection;
  const value = toShownToken(connection);
  if (system === "windows")
    return { command: `setx ${variable} "${value}"`, afterwards: `Then start ${label} again.` };
  if (kind === "terminal") {
    const file = system === "macos" ? "~/.zshrc" : "~/.bashrc";
    return {
      command: `echo 'export ${variable}="${value}"' >> ${file}`,
      afterwards: `Then open a new terminal and start ${label} there.`,
    };
  }
  if (system === "macos")
    return {
      command: `launchctl setenv ${variable} "${value}"`,
      afterwards: `Then quit ${label} and start it again. macOS forgets the variable when you log out.`,
    };
  return {
    command: `mkdir -p ~/.config/environment.d && echo '${variable}="${value}"' >> ~/.config/environment.d/mcpnest.conf`,
    afterwards: `Then log out and in, and start ${label} again.`,
  };
}
