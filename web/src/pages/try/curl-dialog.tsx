import { useState } from "react";
import { toTokenVariable } from "../../../../workers/contract/connection-name.ts";
import { toGatewayUrl } from "../../connect/gateway-url.ts";
import { CodeBlock } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { toCurlCommand, type Shell } from "./shell-command.ts";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  slug: string;
  toolName: string;
  input: Record<string, unknown>;
}

const SHELLS = [
  { value: "posix", label: "Shell (sh, bash, zsh)" },
  { value: "powershell", label: "PowerShell" },
] as const;

/** The call as a command of curl, for two kinds of shells. */
export function CurlDialog({ isOpen, onClose, slug, toolName, input }: Props) {
  const [shell, setShell] = useState<Shell>("posix");
  const variable = toTokenVariable(slug);
  const call = { gatewayUrl: toGatewayUrl(slug), variable, toolName, input };
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      isWide
      title="Copy as curl"
      description={`The command reads a token of yours from the environment variable ${variable}. Create one on the Tokens page.`}
    >
      <Tabs label="Shell" value={shell} onChange={setShell} tabs={SHELLS}>
        <CodeBlock contentName="curl command" text={isOpen ? toCurlCommand(shell, call) : ""} />
      </Tabs>
    </Dialog>
  );
}
