import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { z } from "zod";
import type { CallableTool } from "../../../../workers/contract/api/people.ts";
import { ApiError, describeError } from "../../api/api-error.ts";
import { toGatewayUrl } from "../../connect/gateway-url.ts";
import type { CallOutcome, PastCall } from "./call-history.ts";
import type { CallProgress, Question } from "./gateway-client.ts";
import type { ToolCallResult } from "./tool-result.tsx";
import type { Exchange } from "./wire-recorder.ts";

interface Options {
  slug: string;
  tool: z.infer<typeof CallableTool>;
  /** Returns a temporary token of the signed-in member. */
  getToken: () => Promise<string>;
  onEnded: (call: PastCall) => void;
}

/** A tool's current or last call, and functions that begin and cancel one. */
export function useToolCall({ slug, tool, getToken, onEnded }: Options) {
  const [progress, setProgress] = useState<CallProgress>();
  const [question, setQuestion] = useState<Question | null>(null);
  const [exchanges, setExchanges] = useState<Exchange[]>([]);
  const controller = useRef<AbortController>(undefined);
  // A call ends with its page, which would show its result.
  useEffect(() => () => controller.current?.abort(), []);
  const mutation = useMutation({
    mutationFn: async (input: Record<string, unknown>): Promise<ToolCallResult> => {
      const current = new AbortController();
      controller.current = current;
      setProgress(undefined);
      setExchanges([]);
      // Loaded on demand: the client library is as large as the page.
      const [{ callTool }, token] = await Promise.all([import("./gateway-client.ts"), getToken()]);
      const startedAt = Date.now();
      const startedMs = performance.now();
      let outcome: CallOutcome = "failed";
      try {
        const { result, fault } = await callTool({
          gatewayUrl: toGatewayUrl(slug),
          token,
          tool,
          input,
          signal: current.signal,
          onProgress: setProgress,
          onQuestion: setQuestion,
          onExchange: (exchange) => setExchanges((old) => withExchange(old, exchange)),
        });
        if (!fault) outcome = result.isError === true ? "tool error" : "succeeded";
        return { result, fault, latencyMs: performance.now() - startedMs };
      } catch (error) {
        if (!current.signal.aborted) throw error;
        outcome = "cancelled";
        throw new CancelledCall();
      } finally {
        const latencyMs = performance.now() - startedMs;
        const text = JSON.stringify(input);
        onEnded({
          id: crypto.randomUUID(),
          tool: tool.exposedName,
          input: text,
          startedAt,
          latencyMs,
          outcome,
        });
      }
    },
  });
  const cancel = useCallback(() => controller.current?.abort(), []);
  return { call: mutation, cancel, progress, question, exchanges };
}

/** The error of a call that the person has cancelled. */
export class CancelledCall extends Error {
  override readonly message = "You have cancelled the call.";
}

function withExchange(exchanges: Exchange[], exchange: Exchange): Exchange[] {
  const isKnown = exchanges.some(({ id }) => id === exchange.id);
  return isKnown
    ? exchanges.map((old) => (old.id === exchange.id ? exchange : old))
    : [...exchanges, exchange];
}

/** The message of a failed call. The client library's errors carry the gateway's message. */
export function describeCallError(error: Error): string {
  if (error instanceof ApiError) return describeError(error);
  // What `fetch` throws without a connection.
  if (error instanceof TypeError)
    return "Could not reach the gateway. Check your connection, then call the tool again.";
  return error.message;
}
