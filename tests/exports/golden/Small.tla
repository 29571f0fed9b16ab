---- MODULE Spec_small ----
\* Spec, model small
EXTENDS Integers, Sequences, FiniteSets, TLC

CONSTANTS Task1, Task2

VARIABLES mode, queue, turn

vars == <<mode, queue, turn>>

Task == {Task1, Task2}
Mode == {"idle", "busy"}

IsSequenceUpTo(q_, S_, n_) == Len(q_) <= n_ /\ (\A place_ \in 1..Len(q_) : q_[place_] \in S_)

Init ==
  /\ mode = [t \in Task |-> "idle"]
  /\ queue = <<>>
  /\ turn \in {0, 2}

Enter ==
  /\ \E t \in Task :
       /\ mode[t] = "idle"
       /\ IsSequenceUpTo(Append(queue, t), Task, 2)
       /\ queue' = Append(queue, t)
       /\ mode' = [mode EXCEPT ![t] = "busy"]
       /\ UNCHANGED <<turn>>

Leave ==
  /\ queue # <<>>
  /\ LET t == Head(queue)
     IN
     /\ queue # <<>>
     /\ mode' = [mode EXCEPT ![t] = "idle"]
     /\ queue' = Tail(queue)
     /\ turn' = (turn + 1) % 3

Enter_faults ==
  \E t \in Task : mode[t] = "idle" /\ ~(IsSequenceUpTo(Append(queue, t), Task, 2))

Leave_faults ==
  ~(queue # <<>>) \/ (LET t == Head(queue) IN ~(queue # <<>>))

SomethingFaults ==
  \/ Enter_faults
  \/ Leave_faults

Steps ==
  \/ Enter
  \/ Leave

Next ==
  \/ Steps
  \/ (SomethingFaults = TRUE /\ UNCHANGED vars)

Spec == Init /\ [][Next]_vars

NothingChanges ==
  \/ \E t \in Task : mode[t] = "idle" /\ IsSequenceUpTo(Append(queue, t), Task, 2) /\ Append(queue, t) = queue /\ [mode EXCEPT ![t] = "busy"] = mode
  \/ queue # <<>> /\ (LET t == Head(queue) IN queue # <<>> /\ [mode EXCEPT ![t] = "idle"] = mode /\ Tail(queue) = queue /\ (turn + 1) % 3 = turn)

Queued == \A t \in Task : mode[t] = "busy" => (\E i \in 1..Len(queue) : queue[i] = t)

InTurn == turn' # turn => turn' = 0 \/ turn' = turn + 1
InTurn_always == [][InTurn]_vars

Full == Len(queue) = 2
Full_not_reached == ~Full

Defined ==
  /\ ~SomethingFaults

============================================================
