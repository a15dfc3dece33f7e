import { Component, type ReactNode } from "react";
import { Notice } from "../../ui/notice.tsx";

interface BoundaryProps {
  /** What to do without the form. */
  advice: string;
  children: ReactNode;
}

/** Shows a note in place of a form that fails: the library throws for schemas that it cannot show. */
export class FormBoundary extends Component<BoundaryProps, { reason: string | null }> {
  override state: { reason: string | null } = { reason: null };

  static getDerivedStateFromError(error: unknown) {
    return { reason: error instanceof Error ? error.message : "" };
  }

  override render() {
    const { reason } = this.state;
    if (reason === null) return this.props.children;
    return (
      <Notice tone="info">
        The form cannot show this input schema: {reason} {this.props.advice}
      </Notice>
    );
  }
}
