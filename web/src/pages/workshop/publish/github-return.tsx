import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { finishGithubSignIn } from "../../../api/publishing.ts";
import { Notice } from "../../../ui/notice.tsx";
import { showErrorToast } from "../../../ui/toast.ts";

const route = getRouteApi("/signed-in/workshop/publish");

/** Ends a sign-in at GitHub, from which the person comes back to this page. */
export function GithubReturn() {
  const { code, state } = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const isSent = useRef(false);
  const finish = useMutation({
    mutationFn: finishGithubSignIn,
    onError: showErrorToast,
    onSuccess: () => client.invalidateQueries({ queryKey: ["publishing"] }),
  });
  useEffect(() => {
    if (code === undefined || state === undefined || isSent.current) return;
    // The code is used once, and does not stay in the address.
    isSent.current = true;
    finish.mutate({ code, state });
    void navigate({ search: {}, replace: true });
  }, [code, state, finish, navigate]);
  return finish.data ? <Notice tone="info">{finish.data.message}</Notice> : null;
}
