"""The board: one page per job. It asks `desk.desk.Desk` and nothing else; what people see is drawn in parts/."""
