"""The one layer of actions: what an operator may order, whatever the face it is ordered through.

An action is a model with a name, the scope it needs, a plan that changes nothing, and a run. The desk carries it
out: with a row in the audit before and after, and as a job where it takes long or comes through the API.
"""

from services.admin.operating.action import Action, BeyondScopeError, CancelledError, Outcome, Work
from services.admin.operating.desk import Desk
from services.admin.operating.parts import Parts

__all__ = ["Action", "BeyondScopeError", "CancelledError", "Desk", "Outcome", "Parts", "Work"]
