import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { z } from "zod";
import type { GeneratorStatus } from "../../../../../workers/contract/workshop/generated-server.ts";
import { generatorQuery } from "../../../api/workshop.ts";
import { Notice } from "../../../ui/notice.tsx";
import { Page, PageHeader, Section } from "../../../ui/page.tsx";
import { Loaded } from "../../../ui/states.tsx";
import { Tabs } from "../../../ui/tabs.tsx";
import { DescriptionForm } from "./description-form.tsx";
import { GeneratedResult } from "./generated-result.tsx";
import { ServerFormFields } from "./server-form.tsx";
import { useGeneration, type Generation } from "./use-generation.ts";

type Status = z.infer<typeof GeneratorStatus>;

const WAYS = [
  { value: "description", label: "From a description" },
  { value: "form", label: "From a form" },
] as const;
type Way = (typeof WAYS)[number]["value"];

const STEPS = {
  writing: "The model writes the server. This takes a minute or two.",
  checking: "The code is compiled, started in a sandbox and asked for its tools.",
  repairing: "The code has failed a check. The model gets the errors, once.",
};

/** Has an MCP server written from a description, or made from a form, proved before it is shown. */
export function GeneratePage() {
  const status = useQuery(generatorQuery);
  return (
    <Page isNarrow>
      <PageHeader title="Write a server">
        A description or a form becomes a TypeScript project. Its code is checked before you see it.
      </PageHeader>
      <Loaded query={status}>{(loaded) => <Generator status={loaded} />}</Loaded>
    </Page>
  );
}

function Generator({ status }: { status: Status }) {
  const [chosen, setChosen] = useState<Way>("description");
  const { generation, generate } = useGeneration();
  const isBusy = generation.state === "running";
  const form = (
    <ServerFormFields isBusy={isBusy} onSubmit={(filled) => generate({ form: filled })} />
  );
  return (
    <>
      {status.model === null ? (
        <>
          <Notice tone="info">
            This deployment has no model that writes servers, so a template makes them from a form.
          </Notice>
          {form}
        </>
      ) : (
        <Tabs label="Ways to make a server" value={chosen} onChange={setChosen} tabs={WAYS}>
          {chosen === "form" ? (
            form
          ) : (
            <DescriptionForm
              isBusy={isBusy}
              onSubmit={(description) => generate({ description })}
            />
          )}
        </Tabs>
      )}
      <p className="text-xs text-dim">
        {status.left === 0
          ? `You have had ${status.limit} servers made today, which is the maximum. The next day begins at 00:00 UTC.`
          : `You can have ${status.left} of ${status.limit} servers made today.`}
      </p>
      <Outcome generation={generation} />
    </>
  );
}

function Outcome({ generation }: { generation: Generation }) {
  switch (generation.state) {
    case "idle":
      return null;
    case "running":
      return (
        <Section>
          <p role="status" className="animate-pulse p-4 text-sm text-dim">
            {generation.step === null ? "The request is sent." : STEPS[generation.step]}
          </p>
        </Section>
      );
    case "failed":
      return (
        <div role="alert">
          <Notice tone="warn">{generation.message}</Notice>
        </div>
      );
    case "done":
      return <GeneratedResult generated={generation.result} />;
  }
}
