import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import {
  FleetPack,
  type FleetClient,
  type FleetClientId,
  type FleetFile,
  type FleetServer,
  type FleetWrapper,
} from "../../../../workers/contract/api/fleet-pack.ts";
import { request } from "../../api/request.ts";
import { workspaceKey } from "../../api/workspace.ts";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Field } from "../../ui/field.tsx";
import { Section } from "../../ui/page.tsx";
import { saveFile } from "../../ui/save-file.ts";
import { Select } from "../../ui/select.tsx";
import { Loaded } from "../../ui/states.tsx";

const WRAPPERS: { value: FleetWrapper; label: string }[] = [
  { value: "files", label: "Files" },
  { value: "intune", label: "Intune (Windows)" },
  { value: "jamf", label: "Jamf (macOS)" },
];

/** The managed settings by which clients start the workspace's servers and no others. */
export function FleetSection({ slug }: { slug: string }) {
  const pack = useQuery({
    queryKey: workspaceKey(slug, "fleet-pack"),
    queryFn: () => request(FleetPack, "GET", `/workspaces/${slug}/fleet-pack`),
  });
  return (
    <Section
      title="Fleet pack"
      hint="Managed settings for the machines of your organization: clients start the servers of this workspace and no others. Distribute them again after you add or remove a server."
    >
      <Loaded query={pack}>{(data) => <Files pack={data} />}</Loaded>
    </Section>
  );
}

function Files({ pack }: { pack: FleetPack }) {
  const [id, setId] = useState<FleetClientId>("claude-code");
  const [wrapper, setWrapper] = useState<FleetWrapper>("files");
  const client = pack.clients.find((one) => one.id === id);
  return (
    <div className="flex flex-col gap-4 p-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Client">
          <Select
            value={id}
            choices={pack.clients.map(({ id: value, label }) => ({ value, label }))}
            onChange={setId}
          />
        </Field>
        <Field label="Distribution">
          <Select value={wrapper} choices={WRAPPERS} onChange={setWrapper} />
        </Field>
      </div>
      {client && (
        <>
          <Effects client={client} />
          {client.files
            .filter((file) => file.wrapper === wrapper)
            .map((file) => (
              <File key={file.name} file={file} />
            ))}
        </>
      )}
      <Servers servers={pack.servers} />
    </div>
  );
}

function Effects({ client }: { client: FleetClient }) {
  return (
    <>
      <Sentences title="What it enforces" sentences={client.enforces} />
      <Sentences title="What it does not enforce" sentences={client.limits} />
    </>
  );
}

function Sentences({ title, sentences }: { title: string; sentences: string[] }) {
  return (
    <div>
      <h3>{title}</h3>
      <ul className="mt-1 list-disc pl-5 text-dim">
        {sentences.map((sentence) => (
          <li key={sentence} className="wrap-anywhere">
            {sentence}
          </li>
        ))}
      </ul>
    </div>
  );
}

function File({ file }: { file: FleetFile }) {
  const { name, purpose, where, content } = file;
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-4">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <h3 className="font-mono text-xs wrap-anywhere">{name}</h3>
        <Button onClick={() => saveFile(content, name)}>
          <Download className="size-3.5" aria-hidden />
          Download {name}
        </Button>
      </div>
      <p className="text-dim wrap-anywhere">{purpose}</p>
      <ul className="text-xs text-dim">
        {where.map((place) => (
          <li key={place} className="wrap-anywhere">
            {place}
          </li>
        ))}
      </ul>
      <CodeBlock text={content} contentName={name} />
    </div>
  );
}

function Servers({ servers }: { servers: FleetServer[] }) {
  return (
    <div className="border-t border-line pt-4">
      <h3>Servers in the list</h3>
      <dl className="mt-1 grid gap-x-4 gap-y-1 sm:grid-cols-[max-content_minmax(0,1fr)]">
        {servers.map(({ name, url }) => (
          <div key={name} className="contents">
            <dt className="font-mono text-xs">{name}</dt>
            <dd className="font-mono text-xs text-dim wrap-anywhere">{url}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
