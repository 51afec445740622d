"""Labs for coursework: one source for students and instructors, and checks that students run."""

from regimekit.labs.build import LAB_NAMES as LAB_NAMES
from regimekit.labs.build import lab_notebook as lab_notebook
from regimekit.labs.build import make_labs as make_labs
from regimekit.labs.checks import CHECKS as CHECKS
from regimekit.labs.checks import check as check
