import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { signOut } from "../api/me.ts";
import { showErrorToast } from "../ui/toast.ts";

/** Returns a function that ends the session and opens the sign-in page. */
export function useSignOut(): () => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  return () => void signOut(client).then(() => navigate({ to: "/sign-in" }), showErrorToast);
}
