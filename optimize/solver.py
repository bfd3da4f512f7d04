"""The one place that talks to OR-Tools: its limits, its statuses. Programs in, solutions or a plain no out.

A call never raises for what a solver does: it is *proven*, *limited* (feasible, the limit came first), or it *failed*,
and its record says why. What to do without an answer is for the caller, who has a rule that is always feasible.

OR-Tools takes most of a second to import, so that is left until something is solved.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from optimize.programs import FAILED, INFEASIBLE, LIMITED, PROVEN, USUAL, Limits, Program, Solution, SolveRecord
from optimize.solver_process import NoAnswerError, SolverProcess

if TYPE_CHECKING:
    from ortools.math_opt.python import mathopt
    from ortools.sat.python import cp_model

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Answer = TypeVar("Answer")

_DIGITS = 9
"""Of CP-SAT's work: the last ones differ from run to run, with the sequence in which it adds up."""


def solve(program: Program, limits: Limits = USUAL) -> Solution:
    """Solve a program: by GLOP if it is linear, by HiGHS if it has whole columns."""
    if limits.apart is None:
        return solve_here(program, limits)
    name = "glop" if _is_linear(program) else "highs"
    answer = _apart(limits.apart, name, program.matrix.shape, limits, solve_here, program)
    return Solution(answer) if isinstance(answer, SolveRecord) else answer


def _apart(
    process: SolverProcess,
    name: str,
    shape: tuple[int, ...],
    limits: Limits,
    work: Callable[..., Answer],
    *arguments: Any,
) -> Answer | SolveRecord:
    """What ``work`` answers to ``arguments`` and limits in another process, or the record of no answer."""
    began = time.perf_counter()
    try:
        return process.ask(work, *arguments, replace(limits, apart=None), guard_seconds=limits.guard_seconds)
    except NoAnswerError as why:
        return replace(_failure(name, shape, time.perf_counter() - began, str(why)), guard_fired=True)


def _is_linear(program: Program) -> bool:
    return program.integer is None or not program.integer.any()


def solve_here(program: Program, limits: Limits) -> Solution:
    """The same in this process."""
    linear = _is_linear(program)
    name = "glop" if linear else "highs"
    began = time.perf_counter()
    try:
        model = _model_of(program)
        built = time.perf_counter() - began
        result = _run(model, linear, limits)
    except Exception as problem:  # whatever a solver throws is an answer: none
        return Solution(_failure(name, program.matrix.shape, time.perf_counter() - began, str(problem)))
    return _read(result, program.matrix.shape, linear, limits, built, time.perf_counter() - began - built)


def _failure(name: str, shape: tuple[int, ...], seconds: float, why: str) -> SolveRecord:
    return SolveRecord(name, FAILED, shape[0], shape[1], math.inf, -math.inf, 0.0, 0.0, seconds, reason=why)


def _model_of(program: Program) -> mathopt.Model:
    """By way of the protocol buffer: a hundred times faster than variable by variable."""
    from ortools.math_opt import model_pb2
    from ortools.math_opt.python import mathopt

    rows, columns = program.matrix.shape
    proto = model_pb2.ModelProto()
    proto.variables.ids.extend(range(columns))
    proto.variables.lower_bounds.extend(program.lower.tolist())
    proto.variables.upper_bounds.extend(program.upper.tolist())
    whole = [False] * columns if program.integer is None else program.integer.tolist()
    proto.variables.integers.extend(whole)
    proto.linear_constraints.ids.extend(range(rows))
    proto.linear_constraints.lower_bounds.extend(program.row_lower.tolist())
    proto.linear_constraints.upper_bounds.extend(program.row_upper.tolist())
    priced = np.flatnonzero(program.cost)
    proto.objective.linear_coefficients.ids.extend(priced.tolist())
    proto.objective.linear_coefficients.values.extend(program.cost[priced].tolist())
    matrix = program.matrix
    matrix.sum_duplicates()
    proto.linear_constraint_matrix.row_ids.extend(np.repeat(np.arange(rows), np.diff(matrix.indptr)).tolist())
    proto.linear_constraint_matrix.column_ids.extend(matrix.indices.tolist())
    proto.linear_constraint_matrix.coefficients.extend(matrix.data.tolist())
    return mathopt.Model.from_model_proto(proto)


def _parameters(linear: bool, limits: Limits) -> mathopt.SolveParameters:
    from ortools.math_opt.python import mathopt

    work = None if limits.work is None else max(1, int(limits.work))
    parameters = mathopt.SolveParameters(time_limit=timedelta(seconds=limits.guard_seconds))
    if linear:
        parameters.iteration_limit = work
        parameters.random_seed = limits.seed
        return parameters
    parameters.relative_gap_tolerance = limits.gap
    options = parameters.highs
    options.int_options["random_seed"] = limits.seed
    if work is not None:
        options.int_options["mip_max_nodes"] = work
    return parameters


def _run(model: mathopt.Model, linear: bool, limits: Limits) -> mathopt.SolveResult:
    from ortools.math_opt.python import mathopt

    kind = mathopt.SolverType.GLOP if linear else mathopt.SolverType.HIGHS
    return mathopt.solve(model, kind, params=_parameters(linear, limits))


def _read(
    result: mathopt.SolveResult,
    shape: tuple[int, ...],
    linear: bool,
    limits: Limits,
    build_seconds: float,
    solve_seconds: float,
) -> Solution:
    """Translate a result; the only reader of MathOpt's statuses."""
    from ortools.math_opt.python import mathopt

    ended, reasons = result.termination, mathopt.TerminationReason
    status = {
        reasons.OPTIMAL: PROVEN,
        reasons.FEASIBLE: LIMITED,
        reasons.INFEASIBLE: INFEASIBLE,
    }.get(ended.reason, FAILED)
    if status in (PROVEN, LIMITED) and not result.has_primal_feasible_solution():
        status = FAILED
    stats = result.solve_stats
    pivots = stats.simplex_iterations + stats.first_order_iterations + stats.barrier_iterations
    found = status in (PROVEN, LIMITED)
    record = SolveRecord(
        solver="glop" if linear else "highs",
        status=status,
        rows=shape[0],
        columns=shape[1],
        objective=result.objective_value() if found else math.inf,
        bound=ended.objective_bounds.dual_bound,
        work=float(pivots if linear else max(1, stats.node_count)),
        build_seconds=build_seconds,
        solve_seconds=solve_seconds,
        guard_fired=ended.limit == mathopt.Limit.TIME or solve_seconds > limits.guard_seconds,
        reason="" if status == PROVEN else f"{ended.reason.name.lower()} {ended.detail}".strip(),
    )
    if not found:
        return Solution(record)
    values = np.zeros(shape[1])
    _fill(values, result.variable_values())
    if status == LIMITED and record.gap <= limits.gap:
        record = replace(record, status=PROVEN)
    if not (linear and result.has_dual_feasible_solution()):
        return Solution(record, values)
    duals = np.zeros(shape[0])
    _fill(duals, result.dual_values())
    return Solution(record, values, duals)


def _fill(into: Floats, values: dict[Any, float]) -> None:
    ids = np.fromiter((key.id for key in values), dtype=np.int64, count=len(values))
    into[ids] = np.fromiter(values.values(), dtype=np.float64, count=len(values))


class GrowingProgram:
    """A linear program that is solved again and again, warm, as columns come and right-hand sides change.

    For column generation and for prices that are renewed: GLOP starts from its last basis.

    Parameters
    ----------
    row_lower, row_upper
        Bounds of the rows, which are fixed in number.
    """

    def __init__(self, row_lower: Floats, row_upper: Floats) -> None:
        from ortools.math_opt.python import mathopt

        self._model = mathopt.Model()
        self._rows = [
            self._model.add_linear_constraint(lb=low, ub=high)
            for low, high in zip(row_lower.tolist(), row_upper.tolist(), strict=True)
        ]
        self._columns: list[mathopt.Variable] = []
        self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)

    @property
    def columns(self) -> int:
        """How many there are by now."""
        return len(self._columns)

    def add_column(
        self, cost: float, rows: Sequence[int], coefficients: Sequence[float], upper: float = math.inf
    ) -> int:
        """A new column, zero or more; its number."""
        column = self._model.add_variable(lb=0.0, ub=upper)
        self._model.objective.set_linear_coefficient(column, cost)
        for row, coefficient in zip(rows, coefficients, strict=True):
            self._rows[row].set_coefficient(column, coefficient)
        self._columns.append(column)
        return len(self._columns) - 1

    def set_row(self, row: int, lower: float, upper: float) -> None:
        """Another right-hand side."""
        self._rows[row].lower_bound, self._rows[row].upper_bound = lower, upper

    def solve(self, limits: Limits = USUAL) -> Solution:
        """Solve from where the last solve ended."""
        from ortools.math_opt.python import mathopt

        shape, began = (len(self._rows), len(self._columns)), time.perf_counter()
        try:
            # What is zero and what nobody reads is left out: translating an answer costs as much as finding it.
            told = mathopt.ModelSolveParameters(
                variable_values_filter=mathopt.VariableFilter(skip_zero_values=True),
                reduced_costs_filter=mathopt.VariableFilter(filtered_items=[]),
            )
            result = self._solver.solve(params=_parameters(True, limits), model_params=told)
        except Exception as problem:  # as in `solve`
            return Solution(_failure("glop", shape, time.perf_counter() - began, str(problem)))
        return _read(result, shape, True, limits, 0.0, time.perf_counter() - began)


@dataclass(frozen=True, slots=True)
class CpAnswer:
    """CP-SAT's answer: ``value(variable)`` of each variable, if the record has a solution."""

    record: SolveRecord
    values: tuple[int, ...] = ()

    def value(self, variable: cp_model.IntVar) -> int:
        """The value of a variable."""
        if not self.record.has_solution:
            raise ValueError("there is no solution to read")
        return self.values[variable.index]


def solve_cp(model: cp_model.CpModel, limits: Limits = USUAL) -> CpAnswer:
    """Solve a CP-SAT model with one worker, so that its answer is always the same; work in deterministic seconds."""
    if limits.apart is None:
        return _solve_cp_here(model, limits)
    shape = (len(model.proto.constraints), len(model.proto.variables))
    answer = _apart(limits.apart, "cp_sat", shape, limits, solve_cp_text, str(model.proto))
    return CpAnswer(answer) if isinstance(answer, SolveRecord) else answer


def solve_cp_text(model: str, limits: Limits) -> CpAnswer:
    """The same for a model as text, which is what it can be sent as."""
    from ortools.sat.python import cp_model

    read = cp_model.CpModel()
    read.proto.parse_text_format(model)
    return _solve_cp_here(read, limits)


def _whole(value: float) -> float:
    return float(round(value)) if math.isfinite(value) else value


def _solve_cp_here(model: cp_model.CpModel, limits: Limits) -> CpAnswer:
    from ortools.sat.python import cp_model

    solver, began = cp_model.CpSolver(), time.perf_counter()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = limits.seed
    solver.parameters.relative_gap_limit = limits.gap
    solver.parameters.max_time_in_seconds = limits.guard_seconds
    if limits.work is not None:
        solver.parameters.max_deterministic_time = limits.work
    rows, columns = len(model.proto.constraints), len(model.proto.variables)
    try:
        code = solver.solve(model)
    except Exception as problem:  # as in `solve`
        return CpAnswer(_failure("cp_sat", (rows, columns), time.perf_counter() - began, str(problem)))
    status = {
        cp_model.OPTIMAL: PROVEN,
        cp_model.FEASIBLE: LIMITED,
        cp_model.INFEASIBLE: INFEASIBLE,
    }.get(code, FAILED)
    found = status in (PROVEN, LIMITED)
    # Presolve scales a whole objective, and leaves a last digit of that on what it says.
    told = float if model.proto.has_floating_point_objective() else _whole
    record = SolveRecord(
        solver="cp_sat",
        status=status,
        rows=rows,
        columns=columns,
        objective=told(solver.objective_value) if found and model.has_objective() else (0.0 if found else math.inf),
        bound=told(solver.best_objective_bound) if found and model.has_objective() else (0.0 if found else -math.inf),
        work=round(solver.response_proto.deterministic_time, _DIGITS),
        build_seconds=0.0,
        solve_seconds=solver.wall_time,
        guard_fired=solver.wall_time >= limits.guard_seconds,
        reason="" if status == PROVEN else solver.status_name(code).lower(),
    )
    return CpAnswer(record, tuple(solver.response_proto.solution) if found else ())


@dataclass(frozen=True, slots=True)
class FlowAnswer:
    """A flow of least cost: units on each arc, shape (arcs,); empty where there is none."""

    record: SolveRecord
    units: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))


def solve_flow(tail: Ints, head: Ints, capacity: Ints, cost: Ints, supply: Ints, limits: Limits = USUAL) -> FlowAnswer:
    """Send ``supply`` (negative: demand) through arcs at the least cost; all of shape (arcs,), supply of (nodes,).

    OR-Tools' cost-scaling algorithm (Goldberg 1997) takes no limits and needs none: it is polynomial, and whole
    supplies and capacities give whole flows. Its work is the number of arcs. ``limits`` say where, and its guard.
    """
    if limits.apart is None:
        return solve_flow_here(tail, head, capacity, cost, supply, limits)
    arguments, shape = (tail, head, capacity, cost, supply), (len(supply), len(tail))
    answer = _apart(limits.apart, "min_cost_flow", shape, limits, solve_flow_here, *arguments)
    return FlowAnswer(answer) if isinstance(answer, SolveRecord) else answer


def solve_flow_here(tail: Ints, head: Ints, capacity: Ints, cost: Ints, supply: Ints, limits: Limits) -> FlowAnswer:
    """The same in this process."""
    from ortools.graph.python import min_cost_flow

    shape, began = (len(supply), len(tail)), time.perf_counter()
    try:
        flow = min_cost_flow.SimpleMinCostFlow()
        arcs = flow.add_arcs_with_capacity_and_unit_cost(tail, head, capacity, cost)
        flow.set_nodes_supplies(np.arange(len(supply)), supply)
        status = flow.solve()
        units = np.asarray(flow.flows(arcs), dtype=np.int64)
    except Exception as problem:  # as in `solve`
        return FlowAnswer(_failure("min_cost_flow", shape, time.perf_counter() - began, str(problem)))
    seconds = time.perf_counter() - began
    found = status == min_cost_flow.SimpleMinCostFlow.OPTIMAL
    infeasible = status == min_cost_flow.SimpleMinCostFlow.INFEASIBLE
    total = float(flow.optimal_cost()) if found else math.inf
    record = SolveRecord(
        solver="min_cost_flow",
        status=PROVEN if found else INFEASIBLE if infeasible else FAILED,
        rows=shape[0],
        columns=shape[1],
        objective=total,
        bound=total if found else -math.inf,
        work=float(len(tail)),
        build_seconds=0.0,
        solve_seconds=seconds,
        reason="" if found else status.name.lower(),
    )
    return FlowAnswer(record, units) if found else FlowAnswer(record)
