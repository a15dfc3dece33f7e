import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { signOut, useMe } from "../../api/me.ts";
import { Button } from "../../ui/button.tsx";
import { DisplayName } from "../../ui/display-name.tsx";
import { showErrorToast } from "../../ui/toast.ts";

/** Who answers, and a way to sign in with another account. */
export function SignedInAs({ isBusy }: { isBusy: boolean }) {
  const { user } = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: () => signOut(client),
    onSuccess: () =>
      navigate({ to: "/sign-in", search: { to: location.pathname + location.search } }),
    onError: showErrorToast,
  });
  return (
    <p className="flex flex-wrap items-center gap-x-4 text-dim">
      <span className="min-w-0 truncate">
        You are signed in as <DisplayName name={user.name} />.
      </span>
      <Button
        size="sm"
        variant="ghost"
        className="-mx-2"
        isBusy={leave.isPending}
        disabled={isBusy}
        onClick={() => leave.mutate()}
      >
        Use another account
      </Button>
    </p>
  );
}
