import { CircleCheck, CircleSlash, CircleX, Download } from "lucide-react";
import { useState } from "react";
import {
  CLIENT_IDS,
  CLIENT_TRAITS,
  type ClientId,
} from "../../../../../workers/contract/marketplace/install/clients.ts";
import { escapeHidden } from "../../../../../workers/contract/text/hidden-characters.ts";
import type {
  GeneratedCheck,
  GeneratedServer,
  Verdict,
} from "../../../../../workers/contract/workshop/generated-server.ts";
import {
  listVariables,
  toClientFile,
} from "../../../../../workers/contract/workshop/server-project.ts";
import { Button } from "../../../ui/button.tsx";
import { CodeBlock } from "../../../ui/copy.tsx";
import { Field } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Badge, Section } from "../../../ui/page.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { Select } from "../../../ui/select.tsx";

const VERDICTS = {
  passed: { tone: "ok", label: "Passed" },
  failed: { tone: "bad", label: "Not passed" },
  unproved: { tone: "warn", label: "Not proved" },
} as const;

const CHECKS: Record<GeneratedCheck["check"], string> = {
  answer: "The answer has the form that was asked for",
  syntax: "The code can be parsed",
  imports: "It imports the SDK, zod and Node only",
  types: "The compiler accepts it",
  start: "It starts in a sandbox without network",
  tools: "It lists its tools",
};

const STATES = {
  passed: { Icon: CircleCheck, className: "text-ok", label: "passed" },
  failed: { Icon: CircleX, className: "text-bad", label: "failed" },
  skipped: { Icon: CircleSlash, className: "text-dim", label: "could not run" },
} as const;

const CLIENTS = CLIENT_IDS.map((value) => ({ value, label: CLIENT_TRAITS[value].label }));

/** A generated server with the report of its checks, and its download. */
export function GeneratedResult({ generated }: { generated: GeneratedServer }) {
  const { server, verdict, checks, tools, source } = generated;
  const { tone, label } = VERDICTS[verdict];
  return (
    <>
      <Section
        title={server.name}
        hint={escapeHidden(server.description)}
        actions={<Badge tone={tone}>{label}</Badge>}
      >
        <div className="flex flex-col gap-4 p-4">
          <VerdictNotice verdict={verdict} />
          <ul aria-label="Checks" className="flex flex-col gap-2 text-sm">
            {checks.map((check) => (
              <Check key={check.check} {...check} />
            ))}
          </ul>
          <DownloadButton generated={generated} />
        </div>
      </Section>
      {tools.length > 0 && (
        <Section title="Tools" hint="As the started server lists them">
          <ul aria-label="Tools" className="divide-y divide-line">
            {tools.map((tool) => (
              <li key={tool.name} className="px-4 py-3 text-sm">
                <p className="font-mono wrap-anywhere">{escapeHidden(tool.name)}</p>
                <p className="mt-0.5 text-dim wrap-anywhere">{escapeHidden(tool.description)}</p>
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section
        title="Code"
        hint={
          source === "model"
            ? "A model has written it. The checks do not say what it does: read it before you run it."
            : "Each tool returns its arguments until you write what it does."
        }
      >
        <div className="p-4">
          <CodeBlock text={server.code} contentName="src/index.ts" />
        </div>
      </Section>
      <Configuration name={server.name} code={server.code} install={server.install} />
    </>
  );
}

function VerdictNotice({ verdict }: { verdict: Verdict }) {
  if (verdict === "passed") return null;
  return (
    <Notice tone="warn">
      {verdict === "failed"
        ? "This server has failed a check. It is shown so that you can correct it; its project says that it has not passed."
        : "Not every check could run, so it is not known whether this server works. Its project says so."}
    </Notice>
  );
}

function Check({ check, state, problems }: GeneratedCheck) {
  const { Icon, className, label } = STATES[state];
  return (
    <li className="flex items-start gap-2">
      <Icon className={`mt-0.5 size-4 shrink-0 ${className}`} aria-hidden />
      <div className="min-w-0 flex-1">
        {CHECKS[check]} <span className={className}>({label})</span>
        {problems.map((problem) => (
          <p key={problem} className="mt-1 font-mono text-xs text-dim wrap-anywhere">
            {escapeHidden(problem)}
          </p>
        ))}
      </div>
    </li>
  );
}

function DownloadButton({ generated }: { generated: GeneratedServer }) {
  const [isBusy, setIsBusy] = useState(false);
  const download = async () => {
    setIsBusy(true);
    try {
      // Loaded on demand: the page itself needs no archives.
      const { toProjectArchive } = await import("./project-archive.ts");
      const { bytes, fileName } = toProjectArchive(generated);
      saveFile(bytes, fileName);
    } finally {
      setIsBusy(false);
    }
  };
  const isProved = generated.verdict === "passed";
  return (
    <div>
      <Button
        variant={isProved ? "primary" : "secondary"}
        isBusy={isBusy}
        onClick={() => void download()}
      >
        <Download className="size-4" aria-hidden />
        {isProved ? "Download the project" : "Download the unproved project"}
      </Button>
    </div>
  );
}

function Configuration(props: { name: string; code: string; install: string }) {
  const { name, code, install } = props;
  const [client, setClient] = useState<ClientId>("claude-code");
  const { text } = toClientFile(client, name, listVariables(code));
  return (
    <Section title="Run it" hint="In the project’s folder. The client then starts it.">
      <div className="flex flex-col gap-4 p-4">
        <CodeBlock text={install} contentName="Install command" />
        <Field label="Client" className="max-w-56">
          <Select value={client} choices={CLIENTS} onChange={setClient} />
        </Field>
        <CodeBlock text={text} contentName="Configuration" />
      </div>
    </Section>
  );
}
