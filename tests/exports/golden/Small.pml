/* Spec, model small: all that can happen, one step after another.

     spin -o2 -a FILE && gcc -O2 -DSAFETY -DNOREDUCE -o pan pan.c && ./pan

   checks all that is defined below, and only something of it as in

     spin -DCHOSEN -DCHECK_Queued -o2 -a FILE

   Without -o2 Spin does not tell states apart by variables that nothing reads, which is faster.
   The states that are stored are one more than there are, since the first step chooses the initial state. What is violated, or reached if it is a witness, fails
   the assertion of its name and changes nothing: that such a state is also a deadlock is seen where only deadlock is chosen. */

#ifndef CHOSEN
#define CHECK_Queued
#define CHECK_InTurn
#define CHECK_Full
#define CHECK_deadlock
#define CHECK_faults
#endif

bit v_mode_Task1 = 0;    /* mode[Task1] */
bit v_mode_Task2 = 0;    /* mode[Task2] */
unsigned v_Len_queue : 2 = 0;    /* Len(queue) */
bit v_queue_1 = 0;    /* queue[1] */
bit v_queue_2 = 0;    /* queue[2] */
unsigned v_turn : 2 = 0;    /* turn */

bit p_Queued;    /* always 0: what is asserted where Queued is violated */
bit p_InTurn;    /* always 0: what is asserted where InTurn is violated */
bit p_Full;    /* always 0: what is asserted where Full is reached */
bit p_faults;    /* always 0: what is asserted where something is not defined */

active proctype Run() {
  atomic {
    if :: v_turn = 0 :: v_turn = 2 fi;
  }
#ifndef CHECK_deadlock
end:
#endif
  do
  /* Enter: t = Task1 */
  :: d_step {
       (!v_mode_Task1 && (v_Len_queue != 2)) ->
#ifdef CHECK_InTurn
       if :: ((v_turn != 0) && (v_turn != v_turn) && (v_turn != (v_turn + 1))) -> assert(p_InTurn) :: else fi;
#endif
       v_queue_1 = (v_queue_1 && (v_Len_queue != 0));
       v_queue_2 = (v_queue_2 && (v_Len_queue != 0) && (v_Len_queue != 1));
       v_mode_Task1 = 1;
       v_Len_queue = (v_Len_queue + 1);
     }
  /* Enter: t = Task2 */
  :: d_step {
       (!v_mode_Task2 && (v_Len_queue != 2)) ->
#ifdef CHECK_InTurn
       if :: ((v_turn != 0) && (v_turn != v_turn) && (v_turn != (v_turn + 1))) -> assert(p_InTurn) :: else fi;
#endif
       v_queue_1 = (v_queue_1 || (v_Len_queue == 0));
       v_queue_2 = ((v_Len_queue != 0) && (v_queue_2 || (v_Len_queue == 1)));
       v_mode_Task2 = 1;
       v_Len_queue = (v_Len_queue + 1);
     }
  /* Leave */
  :: d_step {
       (v_Len_queue != 0) ->
#ifdef CHECK_InTurn
       if :: ((((v_turn + 1) % 3) != 0) && (v_turn != ((v_turn + 1) % 3)) && (((v_turn + 1) % 3) != (v_turn + 1))) -> assert(p_InTurn) :: else fi;
#endif
       v_mode_Task1 = (v_queue_1 && v_mode_Task1);
       v_mode_Task2 = (!v_queue_1 && v_mode_Task2);
       v_turn = ((v_turn + 1) % 3);
       v_queue_1 = (v_queue_2 && (v_Len_queue != 0) && (v_Len_queue != 1));
       v_Len_queue = (((v_Len_queue != 0) && (v_Len_queue != 1)) -> 1 : 0);
       v_queue_2 = 0;
     }
#ifdef CHECK_faults
  :: d_step { ((v_Len_queue == 0) || (!v_mode_Task1 && (v_Len_queue == 2)) || (!v_mode_Task2 && (v_Len_queue == 2))) -> assert(p_faults) }
#endif
#ifdef CHECK_Queued
  :: d_step { ((v_mode_Task1 && (v_queue_1 || (v_Len_queue == 0)) && (v_queue_2 || (v_Len_queue != 2))) || (v_mode_Task2 && (!v_queue_1 || (v_Len_queue == 0)) && (!v_queue_2 || (v_Len_queue != 2)))) -> assert(p_Queued) }
#endif
#ifdef CHECK_Full
  :: d_step { (v_Len_queue == 2) -> assert(p_Full) }
#endif
#ifdef CHECK_deadlock
  :: d_step { ((v_Len_queue == 0) || (!v_mode_Task1 && (v_Len_queue == 2)) || (!v_mode_Task2 && (v_Len_queue == 2))) -> skip }
#endif
  od
}
