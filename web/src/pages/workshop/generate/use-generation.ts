import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import {
  GenerateEvent,
  type GeneratedServer,
  type GenerateInput,
} from "../../../../../workers/contract/workshop/generated-server.ts";
import { describeError } from "../../../api/api-error.ts";
import { requestEvents } from "../../../api/request-events.ts";
import { generatorQuery } from "../../../api/workshop.ts";

type Step = Extract<GenerateEvent, { kind: "progress" }>["step"];

/** What has become of the last request. */
export type Generation =
  | { state: "idle" }
  | { state: "running"; step: Step | null }
  | { state: "failed"; message: string }
  | { state: "done"; result: GeneratedServer };

/** Asks for servers, one at a time. */
export function useGeneration() {
  const client = useQueryClient();
  const [generation, setGeneration] = useState<Generation>({ state: "idle" });
  const run = async (input: GenerateInput) => {
    setGeneration({ state: "running", step: null });
    let last: GenerateEvent | null = null;
    try {
      await requestEvents(GenerateEvent, "/workshop/generate", input, (event) => {
        last = event;
        if (event.kind === "progress") setGeneration({ state: "running", step: event.step });
      });
      setGeneration(toEnd(last));
    } catch (error) {
      setGeneration({ state: "failed", message: describeError(error) });
    }
    await client.invalidateQueries({ queryKey: generatorQuery.queryKey });
  };
  return { generation, generate: (input: GenerateInput) => void run(input) };
}

function toEnd(last: GenerateEvent | null): Generation {
  if (last?.kind === "result") return { state: "done", result: last.result };
  const message =
    last?.kind === "failure"
      ? last.message
      : "The connection ended before the server was ready. Try again.";
  return { state: "failed", message };
}
