-- What the reports of costs need beside the costs themselves. NULL where it was not recorded yet, or is not known.

-- The part of the attempt's cost that its output tokens cost; the rest is its input's.
ALTER TABLE attempts ADD COLUMN output_cost_nanousd INTEGER;

-- The same of a correction's amount.
ALTER TABLE corrections ADD COLUMN output_cost_nanousd INTEGER;

-- What the tokens of the attempt that answered would have cost at the dearest priced candidate of the plan.
ALTER TABLE requests ADD COLUMN dearest_nanousd INTEGER;
