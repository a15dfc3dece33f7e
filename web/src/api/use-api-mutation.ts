import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useRef } from "react";
import { closeToast, showErrorToast } from "../ui/toast.ts";
import { findFieldProblem } from "./api-error.ts";
import { withStepUp } from "./ceremonies.ts";
import { refetch } from "./refetch.ts";

interface Options<TInput, TResult> {
  run: (input: TInput) => Promise<TResult>;
  /** Keys of the queries to refetch after success. */
  invalidate: QueryKey[];
  onDone?: (result: TResult, input: TInput) => void;
  /** Fields of the body beside which the form shows a failure that concerns them. */
  fields?: readonly string[];
}

/** A mutation with step-up: invalidates queries after success, shows a toast after failure. */
export function useApiMutation<TInput, TResult>({
  run,
  invalidate,
  onDone,
  fields = [],
}: Options<TInput, TResult>) {
  const client = useQueryClient();
  /** The toast of the last attempt, if that failed. */
  const failure = useRef<string>(null);
  return useMutation({
    mutationFn: (input: TInput) => withStepUp(client, () => run(input)),
    onError: (error) => {
      const isShown = fields.some((field) => findFieldProblem(error, field) !== undefined);
      if (!isShown) failure.current = showErrorToast(error);
    },
    onSuccess: async (result, input) => {
      // What it says is not so any more.
      if (failure.current !== null) closeToast(failure.current);
      await Promise.all(invalidate.map((queryKey) => refetch(client, queryKey)));
      onDone?.(result, input);
    },
  });
}
