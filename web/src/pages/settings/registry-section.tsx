import { Link } from "@tanstack/react-router";
import { toRegistryUrl } from "../../connect/gateway-url.ts";
import { buttonClass } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy.tsx";
import { Section } from "../../ui/page.tsx";
import { Switch } from "../../ui/switch.tsx";
import { useSettings, type SettingsProps } from "./settings-form.tsx";

const PUBLIC_TITLE = "Readable without a token";

/** The address of the workspace's registry, and whether it can be read without a token. */
export function RegistrySection(props: SettingsProps) {
  const { slug, workspace } = props;
  const save = useSettings(props);
  return (
    <Section
      title="Registry"
      hint="Clients that list or allow what a registry has, such as VS Code and GitHub Copilot, read the servers of this workspace at this address."
    >
      <div className="flex flex-col gap-4 p-4">
        <span className="inline-flex max-w-full flex-wrap items-center gap-x-1">
          <code className="min-w-0 font-mono text-xs wrap-anywhere">{toRegistryUrl(slug)}</code>
          <CopyButton text={toRegistryUrl(slug)} contentName="registry address" />
        </span>
        <div className="flex items-start justify-between gap-4">
          <div>
            <h3>{PUBLIC_TITLE}</h3>
            <p className="mt-0.5 text-dim">
              {workspace.publicRegistry
                ? "Everyone who knows the address reads the names of all enabled servers. Calls still need a token."
                : "Each token reads the servers that its owner may use. Clients that send no token to a registry, such as GitHub Copilot, cannot read it."}
            </p>
          </div>
          <Switch
            label={PUBLIC_TITLE}
            isOn={workspace.publicRegistry}
            onChange={(isOn) => save.mutate({ publicRegistry: isOn })}
          />
        </div>
        <div>
          <Link to="/w/$slug/followed-registries" params={{ slug }} className={buttonClass()}>
            Followed registries
          </Link>
        </div>
      </div>
    </Section>
  );
}
