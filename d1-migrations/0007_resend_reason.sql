-- Why a call was sent to its server a second time; null: it was sent once, or the row is older.
ALTER TABLE mcp_tool_calls ADD COLUMN resend_reason TEXT;
