import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { showErrorToast } from "../ui/toast.ts";
import { withStepUp } from "./ceremonies.ts";
import { refetch } from "./refetch.ts";

interface Options<TInput, TResult> {
  run: (input: TInput) => Promise<TResult>;
  /** Keys of the queries to refetch after success. */
  invalidate: QueryKey[];
  onDone?: (result: TResult, input: TInput) => void;
}

/** A mutation with step-up: invalidates queries after success, shows a toast after failure. */
export function useApiMutation<TInput, TResult>({
  run,
  invalidate,
  onDone,
}: Options<TInput, TResult>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: TInput) => withStepUp(client, () => run(input)),
    onError: showErrorToast,
    onSuccess: async (result, input) => {
      await Promise.all(invalidate.map((queryKey) => refetch(client, queryKey)));
      onDone?.(result, input);
    },
  });
}
