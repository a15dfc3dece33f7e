import { useMutation, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { announceFailure } from "../ui/announce.ts";
import { withStepUp } from "./ceremonies.ts";

interface Options<TInput, TResult> {
  run: (input: TInput) => Promise<TResult>;
  /** What to load anew, because the change may have touched it. */
  refresh: QueryKey[];
  onDone?: (result: TResult, input: TInput) => void;
}

/** A change to be made: asks for the passkey where it must, says in words what failed, loads anew what it touched. */
export function useChange<TInput, TResult>({ run, refresh, onDone }: Options<TInput, TResult>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: TInput) => withStepUp(client, () => run(input)),
    onError: announceFailure,
    onSuccess: async (result, input) => {
      await Promise.all(refresh.map((queryKey) => client.invalidateQueries({ queryKey })));
      onDone?.(result, input);
    },
  });
}
