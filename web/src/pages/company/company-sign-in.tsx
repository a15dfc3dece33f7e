import { useMutation, useQuery } from "@tanstack/react-query";
import { Building2 } from "lucide-react";
import { useState } from "react";
import { escapeLine } from "../../../../workers/contract/text/hidden-characters.ts";
import { describeError } from "../../api/api-error.ts";
import { companyQuery, goToCompany } from "../../api/company.ts";
import { Button } from "../../ui/button.tsx";
import { Field, TextInput } from "../../ui/field.tsx";
import { FormError } from "../sign-in/frame.tsx";

/** The button that signs in at a workspace’s company; nothing where it has no company sign-in. `label`: before its name. */
export function CompanyButton({
  slug,
  body,
  label,
  isDisabled = false,
}: {
  slug: string;
  body: object;
  label: string;
  isDisabled?: boolean;
}) {
  const company = useQuery(companyQuery(slug));
  const begin = useMutation({
    mutationFn: () => goToCompany("/auth/company", { workspace: slug, ...body }),
  });
  if (!company.data) return null;
  return (
    <>
      <Button
        isBusy={begin.isPending}
        disabled={isDisabled}
        onClick={() => begin.mutate()}
        className="w-full"
      >
        <Building2 className="size-4" aria-hidden />
        {label} {escapeLine(company.data.name)}
      </Button>
      <FormError text={begin.error ? describeError(begin.error) : undefined} />
    </>
  );
}

/** Asks for the workspace of the company. The answer for an unknown one is that of one without a company sign-in. */
export function CompanyForm({ to, onBack }: { to: string | undefined; onBack: () => void }) {
  const [slug, setSlug] = useState("");
  const begin = useMutation({
    mutationFn: () =>
      goToCompany("/auth/company", { workspace: slug.trim().toLowerCase(), ...(to ? { to } : {}) }),
  });
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        begin.mutate();
      }}
    >
      <Field
        label="Workspace"
        hint="Its short name, as in its address: /w/NAME."
        error={begin.error ? describeError(begin.error) : undefined}
      >
        <TextInput
          value={slug}
          autoFocus
          autoComplete="organization"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={39}
          onChange={(event) => setSlug(event.currentTarget.value)}
        />
      </Field>
      <Button
        type="submit"
        variant="primary"
        isBusy={begin.isPending}
        disabled={slug.trim() === ""}
      >
        Continue
      </Button>
      <Button variant="ghost" onClick={onBack}>
        Back
      </Button>
    </form>
  );
}
